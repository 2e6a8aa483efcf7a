"""Each screen's logic over the services: filters, selection, drafts, paging. One flat state per screen."""
