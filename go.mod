module github.com/maru-chat/maru

go 1.26

ignore ./web/node_modules
ignore ./tools/node_modules
