"""What strangers may send: whatever it is, no answer is an accident, and each has the shape of the face it is of."""
