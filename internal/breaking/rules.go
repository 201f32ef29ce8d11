package breaking

// The catalogue of everything but schemas. Texts are whole sentences without
// the names of things: those stand in the finding.

func documentRules() []Rule {
	return []Rule{
		{"base-path-changed", Identity, "Callers keep calling the old base path, and nothing answers there any more.", "keep the base path; give the new one to a document of its own and deploy both"},
		{"host-changed", Identity, "Callers keep calling the old host, and this API no longer names it.", "keep the host, or add the new one beside it"},
		{"scheme-removed", Major, "Callers that use the removed scheme get no connection.", "keep the scheme beside the other one"},
		{"server-added", Minor, "Callers may use one more server.", ""},
		{"version-decreased", Identity, "The version goes back: nobody can tell any more which document is the newer one.", "give a version higher than the old one"},
		{"version-path-mismatch", Identity, "The major number of the version and the one in the base path contradict each other.", "make the version's major number and the base path agree"},
		{"version-form", Risky, "The version does not follow the scheme of the versions before it, so that nobody can tell what it promises.", "write the version in the scheme of the versions before"},
		{"version-not-raised", Minor, "The content changed more than the version says.", "raise the version as the report says"},
		{"documentation-changed", Doc, "Only texts for people changed.", ""},
		{"extension-changed", Patch, "An extension that is no part of the contract with callers changed.", ""},
	}
}

func operationRules() []Rule {
	return []Rule{
		{"path-removed", Major, "Every call of the path is answered with 404.", "keep the path; mark its operations deprecated with x-sunset, and remove them after that date"},
		{"operation-removed", Major, "Every call of the operation is refused.", "keep the operation; mark it deprecated with x-sunset, and remove it after that date"},
		{"operation-removed-before-sunset", Major, "Callers were promised the operation until its sunset, which has not come.", "keep the operation until its sunset"},
		{"operation-removed-after-sunset", Minor, "The operation is gone as it was announced; callers that are left fail.", ""},
		{"operation-added", Minor, "Callers may use one more operation.", ""},
		{"operation-deprecated", Minor, "Callers are told to leave the operation.", ""},
		{"operation-deprecated-without-sunset", Risky, "Callers are told to leave the operation, but not until when.", "add x-sunset with the date from which it may be gone"},
		{"operation-undeprecated", Minor, "The operation is here to stay after all.", ""},
		{"sunset-moved-earlier", Risky, "Callers have less time than they were promised.", "keep the date, or a later one"},
		{"sunset-moved-later", Minor, "Callers have more time than they were promised.", ""},
		{"operation-id-changed", Risky, "Generated clients, metrics and quotas know the operation by this name.", "keep the operationId"},
		{"operation-server-changed", Major, "Callers keep calling the operation at the old server, and nothing answers there any more.", "keep the server beside the new one"},
		{"path-parameter-renamed", Patch, "Requests stay the same; generated clients call the argument by another name.", "keep the name when clients are generated from the document"},
		{"event-removed", Major, "Receivers wait for an event that is no longer sent.", "keep sending the event"},
		{"event-added", Minor, "Receivers may be sent one more event.", ""},
	}
}

func parameterRules() []Rule {
	return []Rule{
		{"request-parameter-removed", Major, "Callers that send the parameter are refused, or it is silently ignored.", "keep the parameter; mark it deprecated and go on honouring it"},
		{"request-parameter-required-added", Major, "Callers that do not know the parameter are refused.", "make the parameter optional, with the old behaviour when it is missing"},
		{"request-parameter-added", Minor, "Callers may send one more parameter.", ""},
		{"request-parameter-became-required", Major, "Callers that leave the parameter out are refused.", "leave it optional, with the old behaviour when it is missing"},
		{"request-parameter-became-optional", Minor, "Callers may leave the parameter out.", ""},
		{"request-parameter-location-changed", Major, "Callers send the parameter where it is no longer read.", "accept it at both places"},
		{"request-parameter-encoding-changed", Major, "Callers write lists and objects in a form that is no longer understood.", "keep style, explode or collectionFormat"},
	}
}

func bodyRules() []Rule {
	return []Rule{
		{"request-body-required-added", Major, "Callers that send no body are refused.", "make the body optional"},
		{"request-body-added", Minor, "Callers may send a body.", ""},
		{"request-body-removed", Major, "Callers that send a body are refused, or it is silently ignored.", "keep the body"},
		{"request-body-became-required", Major, "Callers that send no body are refused.", "leave the body optional"},
		{"request-body-became-optional", Minor, "Callers may leave the body out.", ""},
		{"request-media-type-removed", Major, "Callers that send this media type are refused.", "keep the media type beside the others"},
		{"request-media-type-added", Minor, "Callers may send one more media type.", ""},
		{"request-media-type-encoding-changed", Risky, "Parts of the body are to be written in another form.", "keep encoding as it was"},
	}
}

func responseRules() []Rule {
	return []Rule{
		{"response-success-status-removed", Major, "Callers wait for a status that is no longer sent.", "keep the status"},
		{"response-success-status-added", Risky, "Callers may get a success that they do not know.", "use a status that the operation already had"},
		{"response-error-status-removed", Minor, "Callers handle an error that no longer comes.", ""},
		{"response-error-status-added", Minor, "Callers may get one more kind of error, as they always may.", ""},
		{"response-body-removed", Major, "Callers read a body that is no longer sent.", "keep the body"},
		{"response-body-added", Minor, "Callers may read a body.", ""},
		{"response-media-type-removed", Major, "Callers that read this media type get none they understand.", "keep the media type beside the others"},
		{"response-media-type-added", Minor, "Callers may ask for one more media type.", ""},
		{"response-required-header-removed", Major, "Callers read a header that was always sent.", "keep the header"},
		{"response-header-removed", Risky, "Callers that read the header find it no more.", "keep the header"},
		{"response-header-added", Minor, "Callers may read one more header.", ""},
		{"response-header-became-optional", Risky, "Callers count on a header that may be missing now.", "keep sending the header always"},
		{"response-header-became-required", Minor, "Callers can count on the header.", ""},
	}
}

func securityRules() []Rule {
	return []Rule{
		{"security-added", Major, "Callers without credentials are refused.", "keep access without credentials, or open the protected operation beside the old one"},
		{"security-alternative-removed", Major, "Callers with the credentials that sufficed are refused.", "keep the old requirement as an alternative"},
		{"security-scope-added", Major, "Callers whose tokens lack the scope are refused.", "keep an alternative without the scope"},
		{"security-relaxed", Minor, "Callers need less than before.", ""},
		{"security-scheme-changed", Major, "Callers present their credentials in a form that is no longer read.", "add a scheme of its own, and keep the old one as an alternative"},
		{"security-scheme-endpoint-changed", Risky, "Callers fetch their tokens at an address that may be gone.", "keep the old address working"},
	}
}

func googleRules() []Rule {
	return []Rule{
		{"auth-audience-removed", Major, "Callers whose tokens are for the removed audience are refused.", "keep the audience beside the others"},
		{"auth-audience-added", Minor, "Tokens for one more audience are accepted.", ""},
		{"auth-issuer-changed", Major, "Callers with tokens of the old issuer are refused.", "add a scheme for the new issuer, and keep the old one as an alternative"},
		{"auth-keys-moved", Patch, "The gateway fetches the issuer's keys elsewhere.", ""},
		{"auth-location-removed", Major, "Callers send their tokens where they are no longer looked for.", "keep the location beside the others"},
		{"auth-location-added", Minor, "Tokens are accepted at one more location.", ""},
		{"backend-changed", Patch, "Requests go to another backend, or are sent to it in another way.", ""},
		{"quota-lowered", Risky, "Callers reach the limit sooner.", "keep the limit and the cost"},
		{"quota-raised", Patch, "Callers reach the limit later, or never.", ""},
		{"quota-changed", Risky, "Calls are counted in another way.", "keep metrics and limits as they are"},
		{"unknown-paths-refused", Major, "Calls of paths that the document does not name are refused.", "keep x-google-allow: all"},
		{"unknown-paths-allowed", Minor, "Calls of paths that the document does not name are let through.", ""},
		{"cors-removed", Major, "Browsers no longer may call the API from other sites.", "keep allowCors"},
		{"cors-added", Minor, "Browsers may call the API from other sites.", ""},
		{"endpoint-changed", Patch, "The managed name of the API points elsewhere.", ""},
		{"api-name-changed", Risky, "Metrics, logs and quotas know the API by this name.", "keep x-google-api-name"},
	}
}
