export interface Priced {
  price(): number;
}

export class Tea implements Priced {
  price(): number {
    return 3;
  }
}

export class Cup implements Priced {
  price(): number {
    return 5;
  }
}
