export default { singleQuote: true, printWidth: 120, proseWrap: 'preserve' };
