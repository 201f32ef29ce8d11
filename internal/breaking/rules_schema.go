package breaking

// schemaRules are about values. In a request, what is narrowed hurts: callers
// send what is no longer accepted. In a response, what is widened hurts:
// callers get what they do not expect.
func schemaRules() []Rule {
	return []Rule{
		{"request-type-narrowed", Major, "Callers send values of a type that is no longer accepted.", "accept the old types too"},
		{"request-type-widened", Minor, "Callers may send values of one more type.", ""},
		{"request-type-changed", Major, "Callers send values of a type that is no longer accepted.", "add a new property of the new type, and keep the old one"},
		{"response-type-narrowed", Minor, "Callers get fewer types than before.", ""},
		{"response-type-widened", Major, "Callers get values of a type they do not expect.", "keep the type; put the new values into a new property"},
		{"response-type-changed", Major, "Callers get values of a type they do not expect.", "keep the type; put the new values into a new property"},

		{"request-became-not-nullable", Major, "Callers that send null are refused.", "go on accepting null"},
		{"request-became-nullable", Minor, "Callers may send null.", ""},
		{"response-became-nullable", Major, "Callers get null where there always was a value.", "keep sending a value"},
		{"response-became-not-nullable", Minor, "Callers no longer get null.", ""},

		{"number-format-changed", Patch, "The width of numbers is told differently; what is sent stays the same.", ""},
		{"request-format-added", Major, "Callers send texts that no longer have the required form.", "accept texts in any form"},
		{"request-format-removed", Minor, "Callers may send texts in any form.", ""},
		{"request-format-changed", Major, "Callers send texts in a form that is no longer accepted.", "accept the old form too"},
		{"response-format-added", Minor, "Callers can count on the form of the text.", ""},
		{"response-format-removed", Major, "Callers read the text in a form it no longer has.", "keep the format"},
		{"response-format-changed", Major, "Callers read the text in a form it no longer has.", "keep the format; put the new form into a new property"},

		{"request-enum-value-removed", Major, "Callers that send the value are refused.", "go on accepting the value"},
		{"request-enum-value-added", Minor, "Callers may send one more value.", ""},
		{"request-enum-added", Major, "Callers that send other values are refused.", "go on accepting any value"},
		{"request-enum-removed", Minor, "Callers may send any value.", ""},
		{"response-enum-value-removed", Minor, "Callers no longer get the value.", ""},
		{"response-enum-value-added", Risky, "Callers may get a value they do not know.", "send new values only to those who ask for them, or say from the start that the list may grow"},
		{"response-enum-added", Minor, "Callers get only the listed values.", ""},
		{"response-enum-removed", Risky, "Callers may get values they do not know.", "keep the list"},

		{"request-limit-tightened", Major, "Callers send values beyond the new limit.", "keep the old limit"},
		{"request-limit-loosened", Minor, "Callers may send values beyond the old limit.", ""},
		{"response-limit-tightened", Minor, "Callers get values within narrower limits.", ""},
		{"response-limit-loosened", Risky, "Callers may get values beyond the old limit.", "keep the limit"},
		{"request-pattern-added", Major, "Callers send texts that the pattern refuses.", "accept texts of any pattern"},
		{"request-pattern-removed", Minor, "Callers may send texts of any pattern.", ""},
		{"request-pattern-changed", Major, "Callers may send texts that only the old pattern allowed.", "let the new pattern accept all that the old one did"},
		{"response-pattern-added", Minor, "Callers can count on the pattern.", ""},
		{"response-pattern-removed", Risky, "Callers may get texts that the pattern excluded.", "keep the pattern"},
		{"response-pattern-changed", Risky, "Callers may get texts that the old pattern excluded.", "keep the pattern"},
		{"default-changed", Risky, "Callers that leave the value out get other behaviour.", "keep the default"},

		{"request-property-required-added", Major, "Callers that do not know the property are refused.", "make the property optional, with the old behaviour when it is missing"},
		{"request-property-required-added-with-default", Risky, "Clients that are generated from the document must set the property; others get the default.", "make the property optional"},
		{"request-property-added", Minor, "Callers may send one more property.", ""},
		{"request-property-removed", Risky, "Callers send a property that is no longer read.", "go on honouring the property"},
		{"request-property-refused", Major, "Callers that send the property are refused.", "go on accepting the property"},
		{"request-property-became-required", Major, "Callers that leave the property out are refused.", "leave it optional, with the old behaviour when it is missing"},
		{"request-property-became-required-with-default", Risky, "Clients that are generated from the document must set the property; others get the default.", "leave it optional"},
		{"request-property-became-optional", Minor, "Callers may leave the property out.", ""},
		{"response-required-property-removed", Major, "Callers read a property that was always there.", "keep sending the property"},
		{"response-optional-property-removed", Risky, "Callers that read the property find it no more.", "keep sending the property"},
		{"response-property-added", Minor, "Callers may read one more property.", ""},
		{"response-property-became-optional", Major, "Callers read a property that may be missing now.", "keep sending the property always"},
		{"response-property-became-required", Minor, "Callers can count on the property.", ""},

		{"request-additional-properties-closed", Major, "Callers that send further properties are refused.", "go on accepting further properties"},
		{"request-additional-properties-opened", Minor, "Callers may send further properties.", ""},
		{"response-additional-properties-closed", Minor, "Callers get the listed properties only.", ""},
		{"response-additional-properties-opened", Minor, "Callers may get further properties, which they ignore.", ""},

		{"request-alternative-removed", Major, "Callers that send this alternative are refused.", "go on accepting the alternative"},
		{"request-alternative-added", Minor, "Callers may send one more alternative.", ""},
		{"response-alternative-removed", Minor, "Callers no longer get this alternative.", ""},
		{"response-alternative-added", Risky, "Callers may get an alternative they do not know.", "send the new alternative only to those who ask for it"},
		{"discriminator-changed", Major, "Callers tell alternatives apart by a value that means something else now, or nothing.", "keep the discriminator and its values"},
		{"condition-changed", Risky, "A condition that cannot be compared in detail changed; values may pass or come that did not.", "look at the condition: nothing that was accepted may be refused"},
	}
}
