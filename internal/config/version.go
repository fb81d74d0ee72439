package config

import "runtime/debug"

// BuildVersion returns the release or else the commit that this program was built
// from, "unknown" if the build recorded neither.
func BuildVersion() string {
	const unknown = "unknown"
	info, isKnown := debug.ReadBuildInfo()
	if !isKnown {
		return unknown
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return unknown
}
