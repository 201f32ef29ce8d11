package gatewright_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gatewright/gatewright"
)

// TestErrorsNameTheMember: the field of an error is the member of the JSON
// that was sent.
func TestErrorsNameTheMember(t *testing.T) {
	user := gatewright.User{Name: "anna", DisplayName: " "}
	for _, test := range []struct {
		name, field string
		err         error
	}{
		{"folder", "name", gatewright.CheckFolderName("")},
		{"folder with a slash", "name", gatewright.CheckFolderName("a/b")},
		{"folder of a path", "name", gatewright.CheckFolderName("..")},
		{"this folder", "name", gatewright.CheckFolderName(".")},
		{"project", "name", (&gatewright.Project{Name: " "}).Validate()},
		{"user", "name", gatewright.CheckUserName("a b")},
		{"display name", "displayName", user.Validate()},
		{"label of a group", "labels", (&gatewright.Group{Name: "g", Stage: gatewright.StageTest, Labels: map[string]string{"region": " "}}).Validate()},
		{"version", "version", gatewright.CheckLabel("")},
	} {
		t.Run(test.name, func(t *testing.T) {
			var e *gatewright.Error
			if !errors.As(test.err, &e) || e.Field != test.field {
				t.Errorf("%v names the member %q, want %q", test.err, e.Field, test.field)
			}
		})
	}
	if err := gatewright.CheckFolderName("..."); err != nil {
		t.Error(err) // no step of a path
	}
}

func TestSharesThatAreNone(t *testing.T) {
	for _, percent := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), -1, 100.01, 0.001} {
		c := gatewright.Canary{Name: "c", Percent: percent}
		if err := c.Validate(); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("%g: %v", percent, err)
		}
	}
}
