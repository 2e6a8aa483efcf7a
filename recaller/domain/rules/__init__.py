"""Rules over transactions, without any database: their model, their JSON form, their meaning."""
