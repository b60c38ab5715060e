/** A name of the DOM library that the generated client uses; Node's types know it only by its place. */
type BodyInit = NonNullable<RequestInit["body"]>
