package management

import (
	"context"
	"net/http"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// UserInput names a user in a path.
type UserInput struct {
	User string `path:"user" doc:"Login or identifier of the user."`
}

type updateUserInput struct {
	UserInput
	UnchangedInput
	jsonBody[wire.UserUpdate]
}

type passwordInput struct {
	UserInput
	RawInput
	jsonBody[wire.PasswordRequest]
}

func (a *API) userRoutes() {
	op := get("/users", "listUsers", "people", "List users")
	op.description = "By login."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.User]], error) {
		after, err := in.after("users")
		if err != nil {
			return nil, err
		}
		us, err := a.control.Users(ctx, after, in.Limit+1)
		return ok(page("users", us, in.Limit, func(u *gatewright.User) string { return u.Name }), err)
	})
	handle(a, operation{
		method: http.MethodPost, path: "/users", id: "createUser", tag: "people", summary: "Create a user",
		description: "Who may do nothing until a role is given.", status: http.StatusCreated, body: wire.UserRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.UserRequest]) (*created[*gatewright.User], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		u, err := a.control.CreateUser(ctx, requestOf(ctx).actor, control.NewUser(*body))
		if err != nil {
			return nil, err
		}
		return &created[*gatewright.User]{Location: "/api/v1/users/" + string(u.ID), Body: u}, nil
	})
	op = get("/users/{user}", "getUser", "people", "Get a user")
	op.description = "Its ETag stands for what people edit of it."
	handle(a, op, func(ctx context.Context, in *UserInput) (*tagged[*gatewright.User], error) {
		return taggedUser(a.control.User(ctx, in.User))
	})
	handle(a, operation{
		method: http.MethodPatch, path: "/users/{user}", id: "updateUser", tag: "people", summary: "Alter, disable or enable a user",
		description: "What is absent stays as it is. People may alter their own display name and language. The last super admin cannot be disabled. With the user's ETag as If-Match: 412 when it was altered meanwhile.",
		body:        wire.UserUpdate{},
	}, a.updateUser)
	handle(a, operation{
		method: http.MethodDelete, path: "/users/{user}", id: "deleteUser", tag: "people", summary: "Delete a user",
		description: "With roles and sessions; tokens are revoked. The login is not given to anybody else. What the user owns stays and can be given to others.",
	}, func(ctx context.Context, in *UserInput) (*struct{}, error) {
		return nil, a.control.DeleteUser(ctx, requestOf(ctx).actor, in.User)
	})
	handle(a, operation{
		method: http.MethodPut, path: "/users/{user}/password", id: "setPassword", tag: "people", summary: "Set a password",
		description: "All sessions of the user end. For one's own password the old one is needed.", body: wire.PasswordRequest{},
	}, a.setPassword)
}

func (a *API) updateUser(ctx context.Context, in *updateUserInput) (*tagged[*gatewright.User], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	u, err := a.control.User(ctx, in.User)
	if err != nil {
		return nil, err
	}
	var needs []auth.Need
	own := a.ownScope(ctx, u.ID)
	if body.Email != nil {
		needs = append(needs, auth.Need{Action: gatewright.ActionUserEdit, Scope: own})
	}
	if body.Disabled != nil {
		needs = append(needs, auth.Need{Action: gatewright.ActionUserDisable, Scope: own})
	}
	if body.DisplayName != nil || body.Language != nil || len(needs) == 0 {
		needs = append(needs, auth.Need{Action: gatewright.ActionUserProfile, Scope: own})
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	return taggedUser(a.control.UpdateUser(ctx, requestOf(ctx).actor, string(u.ID), func(now *gatewright.User) error {
		etag, err := userTag(now)
		if err != nil {
			return err
		}
		return in.unchanged("user "+now.Name, etag)
	}, control.UserPatch(*body)))
}

// userTag returns the entity tag of what people edit of a user; that somebody
// logs in alters nothing of it.
func userTag(u *gatewright.User) (string, error) {
	edited := *u
	edited.LastLogin = time.Time{}
	return etagOf(&edited)
}

func taggedUser(u *gatewright.User, err error) (*tagged[*gatewright.User], error) {
	if err != nil {
		return nil, err
	}
	etag, err := userTag(u)
	return &tagged[*gatewright.User]{etag, u}, err
}

func (a *API) setPassword(ctx context.Context, in *passwordInput) (*struct{}, error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	u, err := a.control.User(ctx, in.User)
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	if req.principal().User == u.ID {
		return nil, a.control.ChangePassword(ctx, req.actor, u.ID, clientAddress(in.r), body.Old, body.Password)
	}
	if body.Old != "" {
		return nil, gatewright.FieldErrorf("old", "the old password is asked for one's own alone; leave it out")
	}
	return nil, a.control.ResetPassword(ctx, req.actor, string(u.ID), body.Password)
}
