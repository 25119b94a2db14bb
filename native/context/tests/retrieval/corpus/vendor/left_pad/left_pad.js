// Pads a text on its left side.
function leftPad(text, length, fill) {
  while (text.length < length) text = (fill || " ") + text;
  return text;
}
module.exports = leftPad;
