// Package crowd is people who talk in the rooms of a home, and the judge of what
// they have in the end. It starts and breaks no home: tests do. The judge looks
// at evidence only and knows no server, so that a test can show that it notices
// a lost, a doubled and a reordered message.
package crowd
