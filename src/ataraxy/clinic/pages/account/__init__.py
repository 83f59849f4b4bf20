"""One's own account: home, lock screen, enrolment of a second factor, PIN, appearance, signed-in browsers."""
