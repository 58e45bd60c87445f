package main

import (
	"path/filepath"
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
		"Không có ngôn ngữ “”.":                                            {"backup", "--lang"},
	} {
		code, _, errs := commandOf(t, args...)
		assert.Equal(t, exitUsage, code, args)
		assert.Contains(t, errs, want, args)
		assert.NotContains(t, errs, "Usage", args)
	}
}

// What is too much or unknown is named, what is asked for is no mistake, and nothing is
// begun meanwhile.
func TestArguments(t *testing.T) {
	for _, c := range commands() {
		if c.name == "version" {
			continue
		}
		code, _, errs := commandOf(t, c.name, "--help")
		assert.Contains(t, errs, "Cách dùng: xinmoi "+c.name)
		if c.name != "agent-key" {
			assert.Equal(t, exitGood, code, c.name)
		}
		switch c.name {
		case "verify", "check", "agent", "agent-key", "voice": // which take names
			continue
		}
		code, _, errs = commandOf(t, c.name, "--lang", "en", "extra", "--data", "x")
		assert.Equal(t, exitUsage, code, c.name)
		assert.Contains(t, errs, "“extra” is too much in the command.\nUsage: xinmoi "+c.name)
	}
	code, _, errs := commandOf(t, "bakcup")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "Không có lệnh “bakcup”.\nCách dùng: xinmoi LỆNH")

	data := filepath.Join(t.TempDir(), "data")
	for _, command := range []string{"serve", "demo"} {
		for _, addr := range []string{"127.0.0.1:99999", "127.0.0.1", "8080", "127.0.0.1:http", ""} {
			code, _, errs := commandOf(t, command, "--data", data, "--listen", addr)
			assert.Equal(t, exitUsage, code, addr)
			assert.Equal(t, "Địa chỉ “"+addr+"” sau --listen không đúng. Hãy viết như 127.0.0.1:8080, hoặc 0.0.0.0:8080 để máy khác vào được.\n", errs, command)
		}
	}
	assert.NoDirExists(t, data)
	for _, args := range [][]string{{"--ask", "lp0"}, {"--test", "tcp:127.0.0.1:99999"}, {"--listen", "serial:/dev/ttyS0?baud=x"}} {
		code, _, errs := commandOf(t, append([]string{"doctor"}, args...)...)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, errs, "Cổng “"+args[1]+"” viết chưa đúng.")
	}
}
