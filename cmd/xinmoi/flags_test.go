package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every command answers in the language asked for, wherever that stands, and says
// which languages there are when it is another.
func TestEveryCommandTakesALanguage(t *testing.T) {
	for _, c := range commands() {
		if c.name == "version" || c.name == "voice" { // whose --lang is that of the pack
			continue
		}
		for _, args := range [][]string{{c.name, "--lang", "en", "--wrong"}, {c.name, "--wrong", "-lang=en"}} {
			code, _, errs := commandOf(t, args...)
			if c.name == "verify" {
				assert.Equal(t, exitCannotTell, code)
				assert.Equal(t, "There is no file or folder --wrong. Check the path.\n", errs)
				continue
			}
			assert.Equal(t, exitUsage, code, args)
			if c.name != "agent-key" {
				assert.Contains(t, errs, "There is no option -wrong.\n", args)
			}
			assert.Contains(t, errs, "Usage: xinmoi "+c.name, args)
			assert.NotContains(t, errs, "ngôn ngữ", args)
		}
		code, _, errs := commandOf(t, c.name, "--lang", "xx")
		assert.Equal(t, exitUsage, code, c.name)
		assert.Equal(t, "Không có ngôn ngữ “xx”. Các ngôn ngữ: vi, en.\n", errs, c.name)
	}
}

func TestFlagsSayWhatIsWrong(t *testing.T) {
	for want, args := range map[string][]string{
		"Không có tuỳ chọn -wrong.\nCách dùng: xinmoi audit ":              {"audit", "--wrong"},
		"Tuỳ chọn -data thiếu giá trị.\n":                                  {"audit", "--data"},
		"Tuỳ chọn -dots không nhận giá trị “nhiều”.\nCách dùng: xinmoi pr": {"print-preview", "--dots", "nhiều"},
		"Tuỳ chọn -csv không nhận giá trị “có”.\n":                         {"report", "--csv=có"},
		"ngôn ngữ: vi hoặc en\n":                                           {"backup", "-h"},
		"Không có ngôn ngữ “”.":                                            {"backup", "--lang"},
	} {
		code, _, errs := commandOf(t, args...)
		assert.Equal(t, exitUsage, code, args)
		assert.Contains(t, errs, want, args)
		assert.NotContains(t, errs, "Usage", args)
	}
}
