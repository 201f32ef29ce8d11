// Package present writes a compatibility report in the forms that people and
// programs read: text, markdown, GitHub annotations and SARIF. It decides
// nothing; what blocks is its caller's word.
package present
