//! Calls to servers that lead elsewhere, send too much or never end.

mod bodies;
mod elsewhere;
