package api

import (
	"context"
	"reflect"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// Behalf is the part of a body that names who acts.
type Behalf struct {
	UserID string `json:"user_id,omitempty" maxLength:"63" doc:"Who acts, if it is not you: needs a token with the scope act-as."`
}

// standing are the fields that name who acts, in a body or beside it.
var standing = []struct{ field, name string }{{"UserID", "user_id"}, {"CompletedBy", "completed_by"}}

// inPlace has an operation done by whom its input names: by the caller, or by
// somebody as whom his token may act.
func inPlace[I, O any](a *API, serve func(context.Context, workflow.Actor, *I) (*O, error)) func(context.Context, workflow.Actor, *I) (*O, error) {
	return func(ctx context.Context, who workflow.Actor, in *I) (*O, error) {
		who, err := a.standIn(ctx, who, in)
		if err != nil {
			return nil, err
		}
		return serve(ctx, who, in)
	}
}

// standIn gives who acts by an input. Of several fields each has to name the same
// person.
func (a *API) standIn(ctx context.Context, who workflow.Actor, in any) (workflow.Actor, error) {
	for _, at := range []reflect.Value{reflect.ValueOf(in).Elem(), bodyOf(in)} {
		for _, s := range standing {
			field := textAt(at, s.field)
			if !field.IsValid() || field.Kind() != reflect.String {
				continue
			}
			var err error
			if who, err = a.behalf(ctx, who, s.name, field.String()); err != nil {
				return who, err
			}
		}
	}
	return who, nil
}

// bodyOf gives the body of an input, the zero Value when there is none.
func bodyOf(in any) reflect.Value {
	body := textAt(reflect.ValueOf(in).Elem(), "Body")
	if body.IsValid() && body.Kind() == reflect.Pointer {
		body = body.Elem()
	}
	return body
}

func textAt(v reflect.Value, name string) reflect.Value {
	if !v.IsValid() || v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v.FieldByName(name)
}

// behalf gives who acts when a field of a body names a person: the caller, or
// somebody else whom his token may act as.
func (a *API) behalf(ctx context.Context, who workflow.Actor, field, login string) (workflow.Actor, error) {
	if login == "" || login == who.ID {
		return who, nil
	}
	if !auth.MayActAs(who) {
		return who, claimed(who, field, login, who.ID)
	}
	return a.Accounts.ActAs(ctx, who, login)
}
