"""What other systems are told: written down with the change that they are told of, sent when they can be reached."""
