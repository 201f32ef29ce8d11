package control

import (
	"time"

	"github.com/gatewright/gatewright"
)

// UserFilter selects users; empty members select all.
type UserFilter struct {
	After string // login key: begin after it
	Email string // e-mail key, see auth.EmailKey
	Limit int    // at most so many
}

type userTx interface {
	// CreateUser stores u. key is its login and email its address as they are
	// compared, see packages auth's UserName and EmailKey. Conflict when the
	// login is somebody's, or was: it is never given to another person, who
	// would own what the first one left. Conflict, too, when somebody has the
	// issuer and subject.
	CreateUser(u *gatewright.User, key, email string) error
	User(id gatewright.UserID) (*gatewright.User, error)
	UserByName(key string) (*gatewright.User, error)
	UserByIdentity(issuer, subject string) (*gatewright.User, error)
	// Users lists by login key.
	Users(f UserFilter) ([]*gatewright.User, error)
	// UpdateUser stores everything but ID, name and time of creation; Conflict
	// when somebody else has the issuer and subject.
	UpdateUser(u *gatewright.User, email string) error
	// DeleteUser removes a user with bindings, sessions and login codes. The
	// login stays taken, and tokens stay as they are.
	DeleteUser(id gatewright.UserID) error
}

type projectTx interface {
	CreateProject(p *gatewright.Project) error // Conflict when the name is taken
	// Project returns a project; [gatewright.DefaultProject] always exists.
	Project(id gatewright.ProjectID) (*gatewright.Project, error)
	ProjectByName(name string) (*gatewright.Project, error)
	Projects() ([]*gatewright.Project, error) // by name
	// UpdateProject stores name and description; Conflict when the name is taken.
	UpdateProject(p *gatewright.Project) error
	// DeleteProject removes a project with its bindings; Conflict while an API
	// or folder is in it, and for the default one.
	DeleteProject(id gatewright.ProjectID) error
}

// BindingFilter selects bindings; empty members select all.
type BindingFilter struct {
	Subject gatewright.Subject
	Role    gatewright.Role
	Project gatewright.ProjectID
	Group   gatewright.GroupID
	After   gatewright.BindingID // begin after it
	Limit   int                  // 0 for all
}

type bindingTx interface {
	// CreateBinding stores b; Conflict when the subject has that right.
	CreateBinding(b *gatewright.Binding) error
	Binding(id gatewright.BindingID) (*gatewright.Binding, error)
	Bindings(f BindingFilter) ([]*gatewright.Binding, error) // by ID
	DeleteBinding(id gatewright.BindingID) error
}

// LoginCode lets a program on a person's machine fetch a token for a login that
// happened in the person's browser. It is used once.
type LoginCode struct {
	Hash      gatewright.Hash // of the code
	User      gatewright.UserID
	Challenge string // of the program's verifier (RFC 7636, S256)
	ExpiresAt time.Time
}

type sessionTx interface {
	CreateSession(s *gatewright.Session) error
	// SessionByHash returns a session, live or not.
	SessionByHash(hash gatewright.Hash) (*gatewright.Session, error)
	Session(id gatewright.SessionID) (*gatewright.Session, error)
	Sessions(user gatewright.UserID) ([]*gatewright.Session, error) // oldest first
	TouchSession(id gatewright.SessionID, at time.Time) error       // sets LastSeen
	DeleteSession(id gatewright.SessionID) error
	// DeleteSessions ends all of a user and returns how many.
	DeleteSessions(user gatewright.UserID) (int, error)
	// DeleteSessionsBefore forgets sessions and login codes that were over
	// before t: by their end, or seen last before idle.
	DeleteSessionsBefore(t, idle time.Time) error

	CreateLoginCode(c LoginCode) error
	// TakeLoginCode returns a code and removes it.
	TakeLoginCode(hash gatewright.Hash) (*LoginCode, error)
}
