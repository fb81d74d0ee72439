package resident

import "github.com/maru-chat/maru/e2e/program"

// Build compiles cmd/maru into the folder and returns the program's path.
func Build(folder string) (string, error) { return program.Build(folder, "cmd/maru") }
