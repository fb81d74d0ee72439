package sqlitestore

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// keepPlans has every connection of the process that is opened from now on
// keep the plan that a statement was prepared with (SQLite calls it the query
// planner stability guarantee). Without it SQLite looks at bound values to plan
// better and prepares most statements anew each time they are bound, which
// costs up to a hundred times what they do.
//
// The binding offers no way to set it on a connection, so it is set where
// SQLite introduces a new connection to its extensions.
var keepPlans = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := lib.Xsqlite3_auto_extension(tls, functionPointer(keepPlansOf)); rc != lib.SQLITE_OK {
		return fmt.Errorf("keep the plans of statements: %s", libc.GoString(lib.Xsqlite3_errstr(tls, rc)))
	}
	return nil
})

// keepPlansOf is called by SQLite for a connection that is being opened.
func keepPlansOf(tls *libc.TLS, conn, _, _ uintptr) int32 {
	args := libc.NewVaList(int32(1), uintptr(0))
	if args == 0 {
		return lib.SQLITE_NOMEM
	}
	defer libc.Xfree(tls, args)
	return lib.Xsqlite3_db_config(tls, conn, lib.SQLITE_DBCONFIG_ENABLE_QPSG, args)
}

// functionPointer returns a declared function the way translated C keeps it.
func functionPointer(fn func(*libc.TLS, uintptr, uintptr, uintptr) int32) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct {
		fn func(*libc.TLS, uintptr, uintptr, uintptr) int32
	}{fn}))
}
