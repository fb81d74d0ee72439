package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// The files of a data folder.
const (
	// FileName is the database; SQLite keeps its journal beside it.
	FileName     = "maru.db"
	lockFileName = "maru.lock"
)

// Options tune a Store. The zero Options are right for a server.
type Options struct {
	// Readers is how many reads run at once; 0 means as many as there are
	// processors, and at least 4.
	Readers int
	// VFS names the SQLite file system to use; "" means the default. Tests
	// watch the writes and syncs of a store through one of their own.
	VFS string
}

// Store is a folder's database, opened for writing. It implements every store
// port of the domain and is safe for concurrent use.
type Store struct {
	writer *writer
	reads  *pool
	lock   *os.File

	heads   headCache
	members cache[memberKey, chat.Member]
	users   cache[chat.UserID, chat.User]
	marks   markBook
	batches batchCounter

	// closing makes Close run once.
	closing  sync.Once
	closeErr error
}

// Open opens the store in the folder, which it creates if there is none, and
// holds the folder's lock until Close. It fails with a message for people when
// the folder cannot be written, when another process serves it, and when the
// database is damaged or belongs to another program or to a newer Maru; the
// database is unchanged then.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "open "+dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, openError(dir, err)
	}
	lockFile, err := lock(filepath.Join(dir, lockFileName))
	if err != nil {
		return nil, openError(dir, err)
	}
	s, err := open(filepath.Join(dir, FileName), opts)
	if err != nil {
		return nil, openError(dir, errors.Join(err, lockFile.Close()))
	}
	s.lock = lockFile
	go s.writer.run()
	return s, nil
}

// writerPragmas make a commit durable before it returns, and overwrite what a
// deletion frees. The journal is checkpointed once it has 32 MB, so that pages
// which many transactions change are copied once.
var writerPragmas = []string{
	"journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "wal_autocheckpoint = 8192",
	"cache_size = -65536", "temp_store = MEMORY",
}

func open(path string, opts Options) (*Store, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	if err := mayWrite(path); err != nil {
		return nil, err
	}
	uri := fileURI(path, opts.VFS)
	conn, err := openConn(uri, sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenURI)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(conn, path); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	readers := opts.Readers
	if readers == 0 {
		readers = max(4, runtime.GOMAXPROCS(0))
	}
	reads, err := newPool(uri, readers)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s := &Store{reads: reads}
	s.writer = newWriter(s, conn)
	return s, nil
}

// prepareFile refuses a file of another program or of a newer Maru before it
// changes anything.
func prepareFile(conn *sqlite.Conn, path string) error {
	if _, err := readVersion(conn); err != nil {
		return err
	}
	if err := closeToOthers(path); err != nil {
		return err
	}
	if err := setPragmas(conn, writerPragmas); err != nil {
		return err
	}
	return migrate(conn)
}

// Close waits for the submitted writes, checkpoints the journal and releases the
// folder's lock. Later calls fail with CodeUnavailable; a second Close waits for
// the first and returns its error.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.writer.quit)
		<-s.writer.gone
		s.closeErr = errors.Join(s.reads.close(), s.writer.conn.Close(), s.lock.Close())
	})
	return s.closeErr
}

// openError says in one line what is wrong with a data folder.
func openError(dir string, err error) error {
	known := &chat.Error{}
	if errors.As(err, &known) {
		return &chat.Error{Code: known.Code, Msg: fmt.Sprintf("cannot open the data folder %s: %s", dir, known.Msg), Err: err}
	}
	return &chat.Error{Code: codeOf(err), Msg: fmt.Sprintf("cannot open the data folder %s: %s", dir, openReason(err)), Err: err}
}

func openReason(err error) string {
	if reason, isKnown := openReasons[sqlite.ErrCode(err).ToPrimary()]; isKnown {
		return reason
	}
	for _, known := range systemReasons {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return err.Error()
}

// systemReasons explain errors of the operating system. A file system such as
// /proc answers "does not exist" when asked to create a folder.
var systemReasons = []struct {
	err    error
	reason string
}{
	{fs.ErrPermission, "it may not be written to"},
	{syscall.EROFS, "its file system may only be read"},
	{syscall.ENOSPC, "the disk is full"},
	{syscall.ENOTDIR, "it is a file or lies below a file"},
	{fs.ErrNotExist, "no folder can be made there"},
}

var openReasons = map[sqlite.ResultCode]string{
	sqlite.ResultNotADB:   FileName + " is damaged or no database",
	sqlite.ResultCorrupt:  FileName + " is damaged; restore a backup",
	sqlite.ResultCantOpen: FileName + " cannot be opened or created",
	sqlite.ResultReadOnly: FileName + " may not be written to",
	sqlite.ResultPerm:     FileName + " may not be opened",
	sqlite.ResultFull:     "the disk is full",
	sqlite.ResultBusy:     FileName + " is in use by another program",
}
