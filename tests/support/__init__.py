"""What tests share: households, scopes, figures of the shared data."""
