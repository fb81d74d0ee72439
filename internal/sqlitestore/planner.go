package sqlitestore

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// keepPlans turns on SQLite's query planner stability guarantee for each
// connection that this process opens from now on. Without it SQLite looks at
// bound values to plan better, and prepares most statements anew each time they
// are bound, which costs up to a hundred times what running them does.
//
// The driver cannot set it on a connection, so an automatic extension does, which
// SQLite calls for each new connection.
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

// functionPointer returns the address by which translated C calls a declared
// function.
func functionPointer(fn func(*libc.TLS, uintptr, uintptr, uintptr) int32) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct {
		fn func(*libc.TLS, uintptr, uintptr, uintptr) int32
	}{fn}))
}
