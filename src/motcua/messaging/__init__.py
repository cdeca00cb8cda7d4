"""What people are told outside the portal, by e-mail and SMS: in which words, by which way, nothing of a person."""
