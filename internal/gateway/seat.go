package gateway

// seatBlock is how many seats are copied when one of them changes hands.
const seatBlock = 256

// seats is a persistent list of slots. A slot keeps its seat for as long as it
// is served, so that the table's routes, which know only the seat, stay as they
// are when anything but the routes changes. The zero value has no seats.
type seats struct {
	blocks []*[seatBlock]*liveSlot // never changed
	free   *freeSeat
}

// freeSeat is a seat nobody has, and the next of them.
type freeSeat struct {
	seat int
	next *freeSeat
}

// at returns who has a seat.
func (s *seats) at(seat int) *liveSlot { return s.blocks[seat/seatBlock][seat%seatBlock] }

// seatEdit makes the next list from another. What is not edited is shared.
type seatEdit struct {
	seats
	own map[int]bool // blocks that are this edit's alone
}

func (s seats) edit() *seatEdit {
	return &seatEdit{seats: seats{blocks: append([]*[seatBlock]*liveSlot(nil), s.blocks...), free: s.free}, own: map[int]bool{}}
}

// take returns a seat that nobody had.
func (e *seatEdit) take() int {
	if e.free == nil {
		first := len(e.blocks) * seatBlock
		e.own[len(e.blocks)] = true
		e.blocks = append(e.blocks, new([seatBlock]*liveSlot))
		for i := seatBlock - 1; i >= 0; i-- {
			e.free = &freeSeat{first + i, e.free}
		}
	}
	seat := e.free.seat
	e.free = e.free.next
	return seat
}

// set gives a seat to s.
func (e *seatEdit) set(seat int, s *liveSlot) {
	block := seat / seatBlock
	if !e.own[block] {
		copied := *e.blocks[block]
		e.blocks[block], e.own[block] = &copied, true
	}
	e.blocks[block][seat%seatBlock] = s
}

// leave makes a seat free.
func (e *seatEdit) leave(seat int) {
	e.set(seat, nil)
	e.free = &freeSeat{seat, e.free}
}
