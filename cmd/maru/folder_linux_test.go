package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRun_unwritable shows folders in which not even the superuser can make
// files: the kernel makes all that is in them.
func TestRun_unwritable(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"/sys/nope", "/proc/nope", "/sys/kernel"} {
		t.Run(data, func(t *testing.T) {
			t.Parallel()
			o := run(t, "--addr", "127.0.0.1:0", "--data", data)
			o.expectLine(t, exitFault, "cannot open the data folder "+data+": ")
			if strings.Contains(o.stderr, "mkdir") {
				t.Errorf("it says what the system says: %s", o.stderr)
			}
		})
	}
}

// TestRun_forbidden shows that a server refuses folders and files whose modes
// forbid what it needs in one line, and leaves them as they are.
func TestRun_forbidden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		isUsed bool   // whether a server has made its files in the folder
		path   string // inside the folder
		mode   fs.FileMode
		want   string
	}{
		"a new folder below one that may only be read": {false, ".", 0o555, "cannot open the data folder DATA/new: it may not be written to"},
		"an empty folder that may only be read":        {false, ".", 0o555, "cannot open the data folder DATA: it may not be written to"},
		"a used folder that may only be read":          {true, ".", 0o500, "cannot open the data folder DATA: maru.db may not be written to"},
		"a folder that may not be looked into":         {true, ".", 0, "cannot open the data folder DATA: it may not be written to"},
		"a database that may not be read":              {true, "maru.db", 0, "cannot open the data folder DATA: maru.db "},
		"a database that may only be read":             {true, "maru.db", 0o400, "cannot open the data folder DATA: maru.db may not be written to"},
		"a lock that may only be read":                 {true, "maru.lock", 0o400, "cannot open the data folder DATA: it may not be written to"},
		"a signing key that may not be read":           {true, keyFile, 0, keyFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := folderOfNobody(t)
			if tc.isUsed {
				if o := start(t, "--data", data).stop(); o.code != 0 {
					t.Fatalf("the first start: %+v", o)
				}
			}
			giveToNobody(t, data)
			before, path := contents(t, data), filepath.Join(data, tc.path)
			info, err := os.Stat(path)
			if err := errors.Join(err, os.Chmod(path, tc.mode)); err != nil {
				t.Fatal(err)
			}
			asked := data
			if strings.Contains(tc.want, "DATA/new") {
				asked = filepath.Join(data, "new")
			}
			o := runAsNobody(t, "--addr", "127.0.0.1:0", "--data", asked)
			o.expectLine(t, exitFault, strings.ReplaceAll(tc.want, "DATA", data))
			if err := os.Chmod(path, info.Mode()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, contents(t, data)); diff != "" {
				t.Errorf("the folder was changed, before (-) and after (+):\n%s", diff)
			}
		})
	}
}

// TestRun_readOnly shows that check and backup need only to read and change
// nothing in the folder. Where that is not enough, they say why in one line.
func TestRun_readOnly(t *testing.T) {
	t.Parallel()
	const journal = "cannot open the data folder DATA: maru.db-wal or maru.db-shm cannot be opened"
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, data string)
		closed  string // what in the folder may not even be read
		want    string // empty where both succeed
	}{
		"a folder that a server closed":        {closeServer, "", ""},
		"a folder whose server was killed":     {killServer, "", ""},
		"a backup":                             {makeBackup, "", ""},
		"a journal without its index":          {loseIndex, "", journal},
		"a journal that may not be read":       {killServer, "maru.db-wal", journal},
		"an index that may not be read":        {killServer, "maru.db-shm", journal},
		"a database that may not be read":      {closeServer, "maru.db", "cannot open the data folder DATA: maru.db may not be read"},
		"a folder that may not be looked into": {closeServer, ".", "cannot open the data folder DATA: maru.db may not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, copied := folderOfNobody(t), folderOfNobody(t)
			tc.prepare(t, data)
			makeReadOnly(t, data)
			giveToNobody(t, copied)
			before := contents(t, data)
			if tc.closed != "" {
				path := filepath.Join(data, tc.closed)
				if err := os.Chmod(path, 0); err != nil {
					t.Fatal(err)
				}
			}
			for _, command := range [][]string{{"check"}, {"backup", filepath.Join(copied, "maru.db")}} {
				o := runAsNobody(t, append(command, "--data", data)...)
				switch {
				case tc.want != "":
					o.expectLine(t, exitFault, strings.ReplaceAll(tc.want, "DATA", data))
				case o.code != exitDone || o.stderr != "":
					t.Errorf("%s: %+v", command[0], o)
				}
			}
			makeReadOnly(t, data)
			if diff := cmp.Diff(before, contents(t, data)); diff != "" {
				t.Errorf("the folder was changed, before (-) and after (+):\n%s", diff)
			}
		})
	}
	t.Run("a folder where no backup may be written", func(t *testing.T) {
		t.Parallel()
		data, copied := folderOfNobody(t), folderOfNobody(t)
		closeServer(t, data)
		makeReadOnly(t, data)
		makeReadOnly(t, copied)
		file := filepath.Join(copied, "maru.db")
		runAsNobody(t, "backup", file, "--data", data).expectLine(t, exitFault, "cannot write the backup "+file+": permission denied")
	})
}

// closeServer runs a server in the folder that ends in good order.
func closeServer(t *testing.T, data string) {
	t.Helper()
	if o := start(t, "--data", data).stop(); o.code != exitDone {
		t.Fatalf("the server ended with %+v", o)
	}
}

// killServer runs a server in the folder that is killed once it has written to
// its journal.
func killServer(t *testing.T, data string) {
	t.Helper()
	cmd, url := process(t, "--data", data)
	signIn(t, url)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it says
	if info, err := os.Stat(filepath.Join(data, "maru.db-wal")); err != nil || info.Size() == 0 {
		t.Fatalf("the journal is %v, %v; want it to hold something", info, err)
	}
}

// loseIndex leaves the journal of a killed server without its index.
func loseIndex(t *testing.T, data string) {
	t.Helper()
	killServer(t, data)
	if err := os.Remove(filepath.Join(data, "maru.db-shm")); err != nil {
		t.Fatal(err)
	}
}

// makeBackup puts the backup of another folder into this one.
func makeBackup(t *testing.T, data string) {
	t.Helper()
	other := t.TempDir()
	closeServer(t, other)
	if o := run(t, "backup", filepath.Join(data, "maru.db"), "--data", other); o.code != exitDone {
		t.Fatalf("backup: %+v", o)
	}
}

// makeReadOnly lets everybody read a folder and its files, and nobody write.
func makeReadOnly(t *testing.T, folder string) {
	t.Helper()
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	for _, file := range files {
		err = errors.Join(err, os.Chmod(file, 0o444))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// nobody is a user to whom file modes apply. They do not apply to the superuser,
// who may run the tests.
const nobody = 65534

// folderOfNobody makes a folder that other users can reach.
func folderOfNobody(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "maru-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Chmod(folder, 0o700), os.RemoveAll(folder)); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// giveToNobody makes nobody the owner of the folder and of all that is in it.
func giveToNobody(t *testing.T, folder string) {
	t.Helper()
	if os.Getuid() != 0 {
		return // file modes apply to the user that runs the tests
	}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// runAsNobody runs the program as a process of a user to whom file modes apply.
func runAsNobody(t *testing.T, args ...string) outcome {
	t.Helper()
	// That user may not open the folder that holds the test binary.
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// contents returns the mode and the text of everything in a folder, by path.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.IsDir() {
			all[path] = fmt.Sprint(info.Mode())
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%v %x", info.Mode(), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
