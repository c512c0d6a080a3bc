//! Use cases and workers on a real database, with a clock that tests can move.

mod check;
