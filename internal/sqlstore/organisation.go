package sqlstore

import "github.com/gatewright/gatewright"

// organisationID is the ID of the one organisation.
const organisationID = 1

func scanOrganisation(r row) (*gatewright.Organisation, error) {
	o := new(gatewright.Organisation)
	return o, r.Scan(intoJSON(&o.Settings), &o.Revised)
}

// Organisation implements [control.Tx].
func (t *tx) Organisation() (*gatewright.Organisation, error) {
	found, err := list(t, scanOrganisation, "SELECT settings, revised FROM organisation WHERE id = ?", organisationID)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return &gatewright.Organisation{}, nil
	}
	return found[0], nil
}

// UpdateOrganisation implements [control.Tx]; it sets the new Revised in o.
func (t *tx) UpdateOrganisation(o *gatewright.Organisation) error {
	settings, err := jsonArg(&o.Settings)
	if err != nil {
		return err
	}
	var n int64
	if o.Revised == 0 { // nobody has altered it: there is no row
		n, err = t.exec("INSERT INTO organisation (id, settings, revised) VALUES (?, ?, 1) ON CONFLICT DO NOTHING", organisationID, settings)
	} else {
		n, err = t.exec("UPDATE organisation SET settings = ?, revised = revised + 1 WHERE id = ? AND revised = ?", settings, organisationID, o.Revised)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("somebody altered the organisation's settings meanwhile; read them again, and alter those")
	}
	o.Revised++
	return nil
}
