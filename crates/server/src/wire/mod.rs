//! What is sent and taken as JSON: types of their own, made from and into those of the model.

pub mod audit;
pub mod check;
pub mod deployment;
pub mod environment;
pub mod gate;
pub mod gitops_config;
pub mod page;
pub mod project;
pub mod provider;
pub mod role;
pub mod secret;
pub mod session;
pub mod time;
pub mod token;
pub mod user;
