// Package crowd simulates people who talk in the rooms of a home, and judges what
// they hold in the end. It neither starts nor breaks a home: tests do. The judge
// looks at evidence alone and knows no server, so that a test can show that it
// notices a lost, a duplicated and a reordered message.
package crowd
