//! The fluent harness of the tests.
