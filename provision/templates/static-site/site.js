// The one thing that a plain file cannot know: under which name it is being read.
for (const place of document.querySelectorAll('[data-host]')) place.textContent = location.hostname
