package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// ManagementConfig says how the WebSocket API is reached.
type ManagementConfig struct {
	// URL is https://{api}/{stage}; connections are below it.
	URL         string
	Region      string
	Credentials aws.CredentialsProvider
	// HTTP sends the requests; it should keep as many idle connections as there are
	// pushes at once. See [NewHTTPClient].
	HTTP aws.HTTPClient
}

// Management is the @connections API of API Gateway. It tries each request once
// and is safe for concurrent use.
type Management struct{ client *api.Client }

var _ Sockets = (*Management)(nil)

// ConnectManagement returns a Management; it sends nothing yet.
func ConnectManagement(c ManagementConfig) *Management {
	return &Management{api.New(api.Options{
		BaseEndpoint: &c.URL, Region: c.Region, Credentials: c.Credentials,
		HTTPClient: c.HTTP, Retryer: aws.NopRetryer{},
	})}
}

// NewHTTPClient returns a client that keeps a connection for each of the pushes at
// once: opening one costs more than the push.
func NewHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = maxRooms*maxParallel, maxRooms*maxParallel
	return &http.Client{Transport: transport}
}

// Post implements [Sockets].
func (m *Management) Post(ctx context.Context, conn chat.ConnID, message []byte) error {
	if len(message) > wire.MaxMessage { // a larger frame would end the connection
		return chat.Errorf(chat.CodeTooLarge, "a message has at most %d bytes", wire.MaxMessage)
	}
	_, err := m.client.PostToConnection(ctx, &api.PostToConnectionInput{
		ConnectionId: aws.String(string(conn)), Data: message,
	})
	return managementError("post to", conn, err)
}

// Close implements [Sockets].
func (m *Management) Close(ctx context.Context, conn chat.ConnID) error {
	_, err := m.client.DeleteConnection(ctx, &api.DeleteConnectionInput{ConnectionId: aws.String(string(conn))})
	return managementError("close", conn, err)
}

// managementErrors are the statuses that callers tell apart. The status decides,
// because the exception's name is not always present.
var managementErrors = map[int]error{
	http.StatusGone:            ErrGone,
	http.StatusTooManyRequests: ErrThrottled,
}

func managementError(operation string, conn chat.ConnID, err error) error {
	if err == nil {
		return nil
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		if known := managementErrors[response.HTTPStatusCode()]; known != nil {
			return fmt.Errorf("%s %s: %w", operation, conn, known)
		}
	}
	return fmt.Errorf("%s %s: %w", operation, conn, err)
}
