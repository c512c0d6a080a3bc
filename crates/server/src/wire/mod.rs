//! What is sent and taken as JSON: types of their own, made from and into those of the model.

pub(crate) mod age_identity;
pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod chart;
pub(crate) mod chart_install;
pub(crate) mod chart_repository;
pub(crate) mod check;
pub(crate) mod deployment;
pub(crate) mod environment;
pub(crate) mod gate;
pub(crate) mod gitops_config;
pub(crate) mod hold;
pub(crate) mod page;
pub(crate) mod preview;
pub(crate) mod project;
pub(crate) mod provider;
pub(crate) mod reseal;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod secret_values;
pub(crate) mod session;
pub(crate) mod template;
pub(crate) mod time;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod values;
