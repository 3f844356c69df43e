"""The OAuth 2 token service: programs ask people, and get tokens to act for them."""
