package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// AppInfo is a caller, without the hashes of its keys.
type AppInfo struct {
	ID          gatewright.AppID `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Owner       string           `json:"owner"`
	Disabled    bool             `json:"disabled,omitempty" doc:"None of its keys is good."`
	CreatedAt   time.Time        `json:"createdAt"`
	Credentials []CredentialInfo `json:"credentials" nullable:"false"`
	Grants      []GrantInfo      `json:"grants" nullable:"false"`
}

// CredentialInfo is one key of an app; the key itself is not kept.
type CredentialInfo struct {
	ID        gatewright.CredentialID `json:"id"`
	Name      string                  `json:"name"`
	Hint      string                  `json:"hint" doc:"First characters of the key."`
	CreatedAt time.Time               `json:"createdAt"`
	CreatedBy string                  `json:"createdBy"`
	NotBefore time.Time               `json:"notBefore,omitzero"`
	ExpiresAt time.Time               `json:"expiresAt,omitzero"`
	RevokedAt time.Time               `json:"revokedAt,omitzero"`
}

// GrantInfo is the right of an app to call one API.
type GrantInfo struct {
	API       gatewright.APIID         `json:"api"`
	APIName   string                   `json:"apiName" doc:"Empty when the API was deleted."`
	CreatedAt time.Time                `json:"createdAt"`
	CreatedBy string                   `json:"createdBy"`
	ExpiresAt time.Time                `json:"expiresAt,omitzero"`
	QPS       int                      `json:"qps,omitempty" doc:"Requests per second on one instance; absent is no limit."`
	Clearance gatewright.SecurityLevel `json:"clearance"`
}

// AppRequest asks for a new app.
type AppRequest struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// AppUpdate alters an app; what is absent stays as it is.
type AppUpdate struct {
	Description *string `json:"description,omitempty"`
	Owner       *string `json:"owner,omitempty"`
	Disabled    *bool   `json:"disabled,omitempty" doc:"Whether its keys are refused."`
}

// CredentialRequest asks for another key.
type CredentialRequest struct {
	Name      string    `json:"name,omitempty" doc:"Absent: key-1 and so on."`
	NotBefore time.Time `json:"notBefore,omitzero" doc:"Absent: good at once."`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"Absent: never."`
}

// NewCredential is a key, shown this once.
type NewCredential struct {
	CredentialInfo
	Key string `json:"key"`
}

// GrantRequest gives an app the right to call an API.
type GrantRequest struct {
	ExpiresAt time.Time                `json:"expiresAt,omitzero" doc:"Absent: never."`
	QPS       int                      `json:"qps,omitempty" doc:"Requests per second on one instance; absent is no limit."`
	Clearance gatewright.SecurityLevel `json:"clearance,omitempty" doc:"L1 to L4; absent: what the API asks for."`
}

// AccessChange tells which change carried an alteration of an app to the
// gateways.
type AccessChange struct {
	Change *gatewright.Change `json:"change,omitempty" doc:"Absent when nothing was altered."`
}

// Caller is an app that is granted an API.
type Caller struct {
	App   gatewright.AppID `json:"app"`
	Name  string           `json:"name"`
	Owner string           `json:"owner"`
	Grant gatewright.Grant `json:"grant"`
	Good  bool             `json:"good" doc:"Whether its calls are let through now."`
	Why   string           `json:"why,omitempty" doc:"Why they are not."`
}

// Calls counts the calls of one kind within one hour.
type Calls struct {
	gatewright.Usage
	GroupName string `json:"groupName"`
	APIName   string `json:"apiName"`
	AppName   string `json:"appName,omitempty" doc:"Absent for callers without a key."`
}
