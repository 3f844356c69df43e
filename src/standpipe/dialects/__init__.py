"""The API shapes we speak, one room each. No room knows another."""
