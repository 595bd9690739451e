// From CommonJS: import and require give one copy.
const required = require('starfish')

void import('starfish').then((imported) => {
  console.log(imported.GenServer === required.GenServer && imported.ok === required.ok)
})
