package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// TemplateInfo is how an event is worded in a language.
type TemplateInfo struct {
	Event    gatewright.NotificationEvent `json:"event"`
	Language string                       `json:"language"`
	wording.Template
	Own       bool      `json:"own"` // the organisation's, not the built-in one
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	UpdatedBy string    `json:"updatedBy,omitempty"`
}

// Templates lists how all events are worded in all languages: by event, in the
// order of a change's life, then by language.
func (c *Control) Templates(ctx context.Context) ([]*TemplateInfo, error) {
	var own []*TemplateRow
	err := c.store.View(ctx, func(tx Tx) (err error) {
		own, err = tx.Templates()
		return err
	})
	if err != nil {
		return nil, err
	}
	var infos []*TemplateInfo
	for _, event := range gatewright.NotificationEvents() {
		for _, language := range gatewright.NotificationLanguages() {
			info := builtIn(event, language)
			if i := slices.IndexFunc(own, func(r *TemplateRow) bool { return r.Event == event && r.Language == language }); i >= 0 {
				info = infoOfTemplate(own[i])
			}
			infos = append(infos, info)
		}
	}
	return infos, nil
}

// Template returns how an event is worded in a language.
func (c *Control) Template(ctx context.Context, event gatewright.NotificationEvent, language string) (*TemplateInfo, error) {
	if err := checkTemplateKey(event, language); err != nil {
		return nil, err
	}
	var info *TemplateInfo
	err := c.store.View(ctx, func(tx Tx) (err error) {
		info, err = templateIn(tx, event, language)
		return err
	})
	return info, err
}

func templateIn(tx Tx, event gatewright.NotificationEvent, language string) (*TemplateInfo, error) {
	row, err := tx.Template(event, language)
	if isNotFound(err) {
		return builtIn(event, language), nil
	}
	if err != nil {
		return nil, err
	}
	return infoOfTemplate(row), nil
}

func builtIn(event gatewright.NotificationEvent, language string) *TemplateInfo {
	return &TemplateInfo{Event: event, Language: language, Template: wording.Default(event, language)}
}

func infoOfTemplate(r *TemplateRow) *TemplateInfo {
	return &TemplateInfo{Event: r.Event, Language: r.Language, Template: r.Template, Own: true, UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy}
}

func checkTemplateKey(event gatewright.NotificationEvent, language string) error {
	if !slices.Contains(gatewright.NotificationEvents(), event) {
		return gatewright.Errorf(gatewright.NotFound, "there is no event %q; see: gatewright template show", event)
	}
	if !slices.Contains(gatewright.NotificationLanguages(), language) {
		return gatewright.Errorf(gatewright.NotFound, "language %q is not one of %s", language, strings.Join(gatewright.NotificationLanguages(), ", "))
	}
	return nil
}

// SetTemplate words an event in a language anew.
func (c *Control) SetTemplate(ctx context.Context, actor gatewright.Actor, event gatewright.NotificationEvent, language string, t wording.Template) (*TemplateInfo, error) {
	if err := checkTemplateKey(event, language); err != nil {
		return nil, err
	}
	if err := wording.Check(t); err != nil {
		return nil, err
	}
	var info *TemplateInfo
	err := c.store.Update(ctx, func(tx Tx) error {
		before, err := templateIn(tx, event, language)
		if err != nil {
			return err
		}
		row := &TemplateRow{Event: event, Language: language, Template: t, UpdatedAt: tx.Now(), UpdatedBy: actor.Name}
		if err := tx.PutTemplate(row); err != nil {
			return err
		}
		info = infoOfTemplate(row)
		return auditChange(tx, actor, "template.edit", string(event)+" "+language, before, info)
	})
	return info, err
}

// ResetTemplate goes back to the built-in words.
func (c *Control) ResetTemplate(ctx context.Context, actor gatewright.Actor, event gatewright.NotificationEvent, language string) error {
	if err := checkTemplateKey(event, language); err != nil {
		return err
	}
	return c.store.Update(ctx, func(tx Tx) error {
		before, err := templateIn(tx, event, language)
		if err != nil {
			return err
		}
		if err := tx.DeleteTemplate(event, language); err != nil {
			return err
		}
		return auditChange(tx, actor, "template.edit", string(event)+" "+language, before, builtIn(event, language))
	})
}
