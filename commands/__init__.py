"""What a person or a program asks for."""
