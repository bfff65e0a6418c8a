export function App() {
  return <h1>dotls</h1>;
}
