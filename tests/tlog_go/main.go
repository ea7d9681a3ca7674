// Checks Sealpost's proof files and checkpoints with code that Sealpost did not write: the note and tree
// packages behind Go's checksum database. Only the framing of a proof file is read here by hand.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const usage = `usage:
  verify <log vkey> <proof file> <leaf file>
  consistency <log vkey> <older checkpoint> <newer checkpoint> <file of base64 hashes, one a line>`

type checkpoint struct {
	size int64
	root tlog.Hash
}

// openCheckpoint believes a note that the pinned key signed and that names this key's log.
func openCheckpoint(vkey string, raw []byte) (checkpoint, error) {
	var c checkpoint
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return c, err
	}
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return c, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, errors.New("a checkpoint has three lines")
	}
	if lines[0] != verifier.Name() {
		return c, errors.New("the origin is not the name of the key")
	}
	if c.size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return c, err
	}
	c.root, err = tlog.ParseHash(lines[2])
	return c, err
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, line := range lines {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, errors.New("not a hash: " + line)
		}
		var hash tlog.Hash
		copy(hash[:], raw)
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func verify(vkey string, proof, leaf []byte) (string, error) {
	head, raw, found := strings.Cut(string(proof), "\n\n")
	if !found {
		return "", errors.New("no empty line")
	}
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", errors.New("not a proof file")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return "", errors.New("no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return "", err
	}
	path, err := parseHashes(lines[1:])
	if err != nil {
		return "", err
	}
	c, err := openCheckpoint(vkey, []byte(raw))
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(path, c.size, c.root, index, tlog.RecordHash(leaf)); err != nil {
		return "", err
	}
	return fmt.Sprintf("verified: leaf %d of %d", index, c.size), nil
}

func consistency(vkey string, older, newer, hashes []byte) (string, error) {
	from, err := openCheckpoint(vkey, older)
	if err != nil {
		return "", err
	}
	to, err := openCheckpoint(vkey, newer)
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSuffix(string(hashes), "\n"), "\n")
	if len(hashes) == 0 {
		lines = nil
	}
	proof, err := parseHashes(lines)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(proof, to.size, to.root, from.size, from.root); err != nil {
		return "", err
	}
	return fmt.Sprintf("verified: %d is a prefix of %d", from.size, to.size), nil
}

func run(args []string) (string, error) {
	if len(args) < 3 {
		return "", errors.New(usage)
	}
	files := [][]byte{}
	for _, name := range args[2:] {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		files = append(files, content)
	}
	switch {
	case args[0] == "verify" && len(files) == 2:
		return verify(args[1], files[0], files[1])
	case args[0] == "consistency" && len(files) == 3:
		return consistency(args[1], files[0], files[1], files[2])
	}
	return "", errors.New(usage)
}

func main() {
	verdict, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println(verdict)
}
