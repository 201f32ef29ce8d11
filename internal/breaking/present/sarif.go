package present

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright/internal/breaking"
)

// SARIF writes the report as a log of the Static Analysis Results Interchange
// Format, version 2.1.0. version is that of the tool.
func SARIF(r *breaking.Report, failOn breaking.Level, version string) ([]byte, error) {
	driver := sarifDriver{Name: "gatewright check", Version: version, Rules: []sarifRule{}}
	index := map[string]int{}
	for _, rule := range breaking.Rules() {
		index[rule.ID] = len(driver.Rules)
		driver.Rules = append(driver.Rules, sarifRule{
			ID: rule.ID, ShortDescription: sarifText{rule.Why}, DefaultConfiguration: sarifLevel{levelOf(rule.Level, failOn)},
			Properties: map[string]string{"level": rule.Level.String()},
		})
		if rule.Keep != "" {
			driver.Rules[index[rule.ID]].Help = &sarifText{rule.Keep}
		}
	}
	run := sarifRun{Tool: sarifTool{driver}, Results: []sarifResult{}, ColumnKind: "unicodeCodePoints"}
	run.Invocations = []sarifInvocation{{ExecutionSuccessful: r.Level != breaking.Unknown}}
	for _, note := range r.Notes {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{sarifText{note}})
	}
	for i := range r.Findings {
		run.Results = append(run.Results, sarifResultOf(&r.Findings[i], index, failOn))
	}
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
	b, err := json.MarshalIndent(log, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the SARIF log: %w", err)
	}
	return append(b, '\n'), nil
}

func sarifResultOf(f *breaking.Finding, index map[string]int, failOn breaking.Level) sarifResult {
	file, line, column := position(f.Location)
	result := sarifResult{
		RuleID: f.Rule, RuleIndex: index[f.Rule], Level: levelOf(f.Level, failOn),
		Message: sarifText{Change(f) + ". " + f.Why + " (" + Count(f.Places) + ")"},
		Locations: []sarifLocation{{
			PhysicalLocation: sarifPhysical{sarifArtifact{(&url.URL{Path: file}).String()}, sarifRegion{line, column}},
			LogicalLocations: []sarifLogical{{FullyQualifiedName: f.Pointer, Kind: "member"}},
		}},
		PartialFingerprints: map[string]string{"cause/v1": f.Fingerprint},
	}
	if f.Allowed {
		result.Suppressions = []sarifSuppression{{Kind: "external"}}
	}
	return result
}

func levelOf(level, failOn breaking.Level) string {
	switch {
	case level >= failOn:
		return "error"
	case level >= breaking.Risky:
		return "warning"
	default:
		return "note"
	}
}

// position splits "file:line:column". Numbers begin at 1.
func position(location string) (file string, line, column int) {
	cut := func(s string) (string, int) {
		i := strings.LastIndexByte(s, ':')
		if i < 0 {
			return s, 1
		}
		n, err := strconv.Atoi(s[i+1:])
		if err != nil {
			return s, 1
		}
		return s[:i], max(n, 1)
	}
	file, column = cut(location)
	file, line = cut(file)
	return file, line, column
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string            `json:"id"`
	ShortDescription     sarifText         `json:"shortDescription"`
	Help                 *sarifText        `json:"help,omitempty"`
	DefaultConfiguration sarifLevel        `json:"defaultConfiguration"`
	Properties           map[string]string `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Level               string             `json:"level"`
	Message             sarifText          `json:"message"`
	Locations           []sarifLocation    `json:"locations"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	PhysicalLocation sarifPhysical  `json:"physicalLocation"`
	LogicalLocations []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
	Region           sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppression struct {
	Kind string `json:"kind"`
}
