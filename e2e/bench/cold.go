package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/maru-chat/maru/e2e/bootstrap"
)

// coldStarts is how often each function is started in one run.
const coldStarts = 20

// cold measures the size of the functions' zip, and how long each function takes
// from its start until it asks for its first event. The rest of a cold start is
// Lambda's own.
func cold(ctx context.Context, b *bench) ([]figure, error) {
	deployed, err := b.bootstrap("linux", "arm64")
	if err != nil {
		return nil, err
	}
	packed, err := bootstrap.Zip(deployed)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(packed)
	if err != nil {
		return nil, err
	}
	figures := []figure{{name: "zip for arm64", value: float64(info.Size()) / (1 << 20), unit: "MB", bar: bootstrap.MaxZip >> 20}}
	program, err := b.bootstrap(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	lambda, err := bootstrap.NewRuntime(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lambda.Close() }()
	for _, handler := range []string{"authorizer", "socket", "http", "push", "erase", "operator"} {
		var took []time.Duration
		for range coldStarts {
			process, err := lambda.Start(program, bootstrap.Environment(handler)...)
			if err != nil {
				return nil, err
			}
			process.Stop()
			took = append(took, process.Took)
		}
		figures = append(figures, figure{
			name: handler + ", start to first poll", value: percentile(took, 0.5), unit: "ms", bar: 20,
		})
	}
	return figures, nil
}

// bootstrap builds the program of the functions, once for each platform.
func (b *bench) bootstrap(system, arch string) (string, error) {
	folder := filepath.Join(b.folder, system+"-"+arch)
	if err := os.Mkdir(folder, 0o755); os.IsExist(err) {
		return filepath.Join(folder, bootstrap.Name), nil
	} else if err != nil {
		return "", err
	}
	return bootstrap.Build(folder, system, arch)
}
