// Prints messages of the EdgeX message bus as the project's own Go modules make them, for ../recorded.json: `go run . >../recorded.json`.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/edgexfoundry/go-mod-core-contracts/v4/common"
	"github.com/edgexfoundry/go-mod-core-contracts/v4/dtos"
	"github.com/edgexfoundry/go-mod-core-contracts/v4/dtos/requests"
	"github.com/edgexfoundry/go-mod-messaging/v4/pkg/types"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func event() dtos.Event {
	e := dtos.NewEvent("profile1", "device1", "source1")
	e.Id = "11111111-1111-4111-8111-111111111111"
	e.Origin = 1700000000123456789
	e.Tags = dtos.Tags{"site": "hall", "line": 3}
	check(e.AddSimpleReading("bool", common.ValueTypeBool, true))
	check(e.AddSimpleReading("text", common.ValueTypeString, "on"))
	check(e.AddSimpleReading("int8", common.ValueTypeInt8, int8(-7)))
	check(e.AddSimpleReading("int64", common.ValueTypeInt64, int64(9007199254740993)))
	check(e.AddSimpleReading("uint64", common.ValueTypeUint64, uint64(18446744073709551615)))
	check(e.AddSimpleReading("float32", common.ValueTypeFloat32, float32(20.5)))
	check(e.AddSimpleReading("float64", common.ValueTypeFloat64, 0.1))
	check(e.AddSimpleReading("whole", common.ValueTypeFloat64, 25.0))
	check(e.AddSimpleReading("large", common.ValueTypeFloat64, 1.5e300))
	check(e.AddSimpleReading("bools", common.ValueTypeBoolArray, []bool{true, false}))
	check(e.AddSimpleReading("ints", common.ValueTypeInt64Array, []int64{1, 9007199254740993}))
	check(e.AddSimpleReading("floats", common.ValueTypeFloat64Array, []float64{1.5, 2, 1e-7}))
	check(e.AddSimpleReading("texts", common.ValueTypeStringArray, []string{"a", "b \"c\""}))
	e.AddBinaryReading("picture", []byte{0, 1, 254, 255}, "image/png")
	e.AddObjectReading("object", map[string]any{"a": 1, "b": []string{"x"}})
	for i := range e.Readings {
		e.Readings[i].Id = "22222222-2222-4222-8222-222222222222"
		e.Readings[i].Origin = 1700000000123456790 + int64(i)
	}
	return e
}

func envelope(payload any, contentType string) types.MessageEnvelope {
	ctx := context.WithValue(context.Background(), common.ContentType, contentType) //nolint:staticcheck // as EdgeX does
	ctx = context.WithValue(ctx, common.CorrelationHeader, "33333333-3333-4333-8333-333333333333")
	return types.NewMessageEnvelope(payload, ctx)
}

func main() {
	request := requests.NewAddEventRequest(event())
	request.RequestId = "44444444-4444-4444-8444-444444444444"
	out := map[string]any{
		"event":       envelope(event(), common.ContentTypeJSON),
		"request":     envelope(request, common.ContentTypeJSON),
		"requestCbor": envelope(request, common.ContentTypeCBOR),
	}
	check(os.Setenv("EDGEX_MSG_BASE64_PAYLOAD", "true"))
	out["eventBase64"] = envelope(event(), common.ContentTypeJSON)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	check(encoder.Encode(out))
}
