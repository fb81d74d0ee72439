package sqlitestore_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// watchedVFS is SQLite's own file system, except that it watches every write,
// sync and truncation of a journal. A test that opens a store with it sees, in
// order, what the operating system is asked to do.
const watchedVFS = "watched"

// journal is what was asked of one database's journal.
type journal struct {
	mu sync.Mutex
	// written are the watched words that were written and not synced yet; durable
	// are those that were synced.
	written, durable map[string]bool
	syncs            int64
	// failSync makes every sync fail.
	failSync bool
	// emptied gets a value when the journal was cut to nothing.
	emptied chan struct{}
	// pause holds the first sync after its word is durable.
	pause *pause
}

// pause is a moment that a test holds open.
type pause struct {
	word            string
	reached, resume chan struct{}
}

// journals are those of the stores being watched, by the folder of the store.
var journals sync.Map

// watch returns the journal of the store in dir.
func watch(t testing.TB, dir string) *journal {
	t.Helper()
	registerVFS()
	j := &journal{written: map[string]bool{}, durable: map[string]bool{}, emptied: make(chan struct{}, 1)}
	journals.Store(dir, j)
	t.Cleanup(func() { journals.Delete(dir) })
	return j
}

// watchedWord returns the nth id whose way to the disk is watched.
func watchedWord(n int) string { return fmt.Sprintf("watched-%06d", n) }

var (
	wordPrefix = []byte("watched-")
	wordLen    = len(watchedWord(0))
)

func (j *journal) write(data []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for {
		i := bytes.Index(data, wordPrefix)
		if i < 0 || i+wordLen > len(data) {
			return
		}
		j.written[string(data[i:i+wordLen])] = true
		data = data[i+wordLen:]
	}
}

// pauseAfter holds the first sync after the one that makes the word durable.
func (j *journal) pauseAfter(word string) *pause {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pause = &pause{word: word, reached: make(chan struct{}), resume: make(chan struct{})}
	return j.pause
}

func (j *journal) duePause() *pause {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pause == nil || !j.durable[j.pause.word] {
		return nil
	}
	due := j.pause
	j.pause = nil
	return due
}

func (j *journal) sync() (isFailed bool) {
	if p := j.duePause(); p != nil {
		close(p.reached)
		<-p.resume
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failSync {
		return true
	}
	j.syncs++
	for word := range j.written {
		j.durable[word] = true
	}
	clear(j.written)
	return false
}

func (j *journal) isDurable(word string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.durable[word]
}

func (j *journal) countSyncs() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.syncs
}

func (j *journal) setFailSync(isFailing bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failSync = isFailing
}

// What follows is SQLite's C interface. A file begins with a pointer to its table
// of methods; the watched file system puts a table of its own there, which
// differs in three functions.

type (
	cVFS     = lib.Tsqlite3_vfs
	cMethods = lib.Tsqlite3_io_methods
	cFile    = lib.Tsqlite3_file
)

var (
	realVFS     *cVFS
	realMethods sync.Map // the replaced table, by the address of its replacement
	replaced    sync.Map // the replacement, by the address of the replaced table
	opened      sync.Map // the *journal, by the address of the open file
)

var registerVFS = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	realVFS = at[cVFS](lib.Xsqlite3_vfs_find(tls, 0))
	name, err := libc.CString(watchedVFS)
	if err != nil {
		panic(err)
	}
	address, vfs := allocate[cVFS](tls)
	*vfs = *realVFS
	vfs.FpNext, vfs.FzName, vfs.FxOpen = 0, name, pointer(openWatched)
	if rc := lib.Xsqlite3_vfs_register(tls, address, 0); rc != lib.SQLITE_OK {
		panic(fmt.Sprintf("register the file system: %d", rc))
	}
})

func openWatched(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	type signature = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	rc := call[signature](realVFS.FxOpen)(tls, vfs, name, file, flags, outFlags)
	if rc != lib.SQLITE_OK || name == 0 || flags&lib.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	path := libc.GoString(name)
	journals.Range(func(dir, j any) bool {
		if strings.HasPrefix(path, dir.(string)) {
			opened.Store(file, j)
			f := at[cFile](file)
			f.FpMethods = watchMethods(tls, f.FpMethods)
		}
		return true
	})
	return rc
}

// watchMethods returns the table that replaces the real one.
func watchMethods(tls *libc.TLS, real uintptr) uintptr {
	if watched, isKnown := replaced.Load(real); isKnown {
		return watched.(uintptr)
	}
	address, methods := allocate[cMethods](tls)
	*methods = *at[cMethods](real)
	methods.FxWrite, methods.FxSync, methods.FxTruncate = pointer(writeWatched), pointer(syncWatched), pointer(truncateWatched)
	realMethods.Store(address, real)
	replaced.Store(real, address)
	return address
}

func methodsOf(file uintptr) *cMethods {
	real, _ := realMethods.Load(at[cFile](file).FpMethods)
	return at[cMethods](real.(uintptr))
}

func writeWatched(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	j, _ := opened.Load(file)
	j.(*journal).write(unsafe.Slice(at[byte](data), n))
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](methodsOf(file).FxWrite)(tls, file, data, n, offset)
}

func syncWatched(tls *libc.TLS, file uintptr, flags int32) int32 {
	if j, _ := opened.Load(file); j.(*journal).sync() {
		return lib.SQLITE_IOERR_FSYNC
	}
	return call[func(*libc.TLS, uintptr, int32) int32](methodsOf(file).FxSync)(tls, file, flags)
}

func truncateWatched(tls *libc.TLS, file uintptr, size int64) int32 {
	rc := call[func(*libc.TLS, uintptr, int64) int32](methodsOf(file).FxTruncate)(tls, file, size)
	if j, _ := opened.Load(file); size == 0 && rc == lib.SQLITE_OK {
		select {
		case j.(*journal).emptied <- struct{}{}:
		default: // one waits to be seen
		}
	}
	return rc
}

// at returns what stands at an address of C memory, which the collector never
// moves.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

func allocate[T any](tls *libc.TLS) (uintptr, *T) {
	var zero T
	address := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(zero)))
	if address == 0 {
		panic("out of memory")
	}
	return address, at[T](address)
}

// pointer and call convert between a Go function and the address by which
// translated C calls it.
func pointer[F any](fn F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ fn F }{fn})) }

func call[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{address})) }
