package storetest

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testToken(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		first := s.newToken(tx, "z")
		s.clock.Advance(-time.Hour) // order is that of creation, whatever the clock said
		second := &gatewright.Token{ID: "tok_0", Kind: gatewright.TokenInstance, Name: "z", Group: g.ID, Hash: hash("secret"), CreatedAt: tx.Now(), CreatedBy: "ann"}
		s.ok(tx.CreateToken(second))
		s.same(must(tx.Token(second.ID))(s), second)
		s.same(must(tx.TokenByHash(hash("secret")))(s), second)
		s.fails(tx.CreateToken(&gatewright.Token{ID: second.ID, Hash: hash("other")}), gatewright.Conflict, `"tok_0"`)
		s.fails(tx.CreateToken(&gatewright.Token{ID: "tok_1", Hash: second.Hash}), gatewright.Conflict)
		s.fails(tx.CreateToken(&gatewright.Token{ID: "tok_1", Hash: hash("x"), Group: "grp_none"}), gatewright.NotFound, `"grp_none"`)

		at := tx.Now().Add(time.Minute)
		s.ok(tx.RevokeToken(second.ID, at))
		s.ok(tx.RevokeToken(second.ID, at.Add(time.Hour)))
		second.RevokedAt = at
		s.same(must(tx.Token(second.ID))(s), second)
		s.fails(oneError(tx.TokenByHash(second.Hash)), gatewright.NotFound)
		s.fails(oneError(tx.TokenByHash("")), gatewright.NotFound)
		s.same(must(tx.Tokens())(s), []*gatewright.Token{first, second})
		s.fails(tx.RevokeToken("tok_none", at), gatewright.NotFound, `"tok_none"`)
		s.fails(oneError(tx.Token("tok_none")), gatewright.NotFound, `token "tok_none" does not exist`)
		if tx.RevokeToken(first.ID, time.Time{}) == nil {
			s.Error("a token was revoked at no time")
		}
		s.ok(oneError(tx.TokenByHash(first.Hash)))
	})
}
