(** The fields of AdamProxy and of Adam as expressions, and their certificates. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Checkers Contraction Balls Boxes.
Import ListNotations.
Open Scope R_scope.

(** The gradients of batches of b rows in their order, G_q = the mean of c_j x_j over batch q; the last batch may be
    smaller. *)
Definition batch_width (b N q : nat) : nat := Nat.min b (N - q * b).
Definition mean_batches (b N : nat) (c : nat -> R) (X : nat -> nat -> R) : nat -> nat -> R :=
  fun q k => / INR (batch_width b N q) * sum (batch_width b N q) (fun s => c (q * b + s)%nat * X (q * b + s)%nat k).
Definition batch_count (b N : nat) : nat := ((N + (b - 1)) / b)%nat.

(** ** Sums, powers *)

Fixpoint count (P : precision) (n : nat) : carrier (over P) :=
  match n with O => zero (over P) | S m => add P (count P m) (one_in P) end.
Fixpoint power (P : precision) (a : carrier (over P)) (n : nat) : carrier (over P) :=
  match n with O => one_in P | S m => mul P a (power P a m) end.
Fixpoint expression_sum (P : precision) (n : nat) (f : nat -> expression (over P)) : expression (over P) :=
  match n with O => Ratio (zero (over P)) (one_in P) | S m => Plus (expression_sum P m f) (f m) end.

(** sum_j c_j x_j and sum_j (c_j x_j)^2 over a list of entries, the first of which is that of row j. *)
Fixpoint linear_form (P : precision) (s : carrier (over P)) (column : list (carrier (over P))) (j : nat) : expression (over P) :=
  match column with
  | [] => Ratio (zero (over P)) (one_in P)
  | x :: column => if vanishes (over P) x then linear_form P s column (S j)
                   else Plus (Times (Ratio x s) (Unknown j)) (linear_form P s column (S j))
  end.
Fixpoint square_form (P : precision) (s : carrier (over P)) (column : list (carrier (over P))) (j : nat) : expression (over P) :=
  match column with
  | [] => Ratio (zero (over P)) (one_in P)
  | x :: column => if vanishes (over P) x then square_form P s column (S j)
                   else Plus (Times (Times (Ratio x s) (Unknown j)) (Times (Ratio x s) (Unknown j))) (square_form P s column (S j))
  end.
Definition column (P : precision) (rows : list (list (carrier (over P)))) (k : nat) : list (carrier (over P)) :=
  map (fun x => nth k x (zero (over P))) rows.

(** AdamProxy's U_k; 0 where a column is 0. *)
Definition proxy_expression (P : precision) (s : carrier (over P)) (x : list (carrier (over P))) : expression (over P) :=
  if forallb (vanishes (over P)) x then Ratio (zero (over P)) (one_in P)
  else Times (Times (Ratio (one_in P) (count P (length x))) (linear_form P s x O)) (Inverse (Root (square_form P s x O))).
Definition proxy_fields (P : precision) (d : nat) (B : boxed P) : list (expression (over P)) :=
  map (fun k => proxy_expression P (rows_unit B) (column P (rows B) k)) (seq 0 d).

(** Adam's U_k from the gradients of the batches, beta1 = p1/q1 and beta2 = p2/q2. *)
Definition discount (P : precision) (p q : carrier (over P)) (a : nat) : expression (over P) := Ratio (power P p a) (power P q a).
Definition rest (P : precision) (p q : carrier (over P)) (a : nat) : expression (over P) :=
  Ratio (sub P (power P q a) (power P p a)) (power P q a).
Definition adam_expression (P : precision) (p1 q1 p2 q2 : carrier (over P)) (g : list (expression (over P))) : expression (over P) :=
  let B := length g in
  let none := Ratio (zero (over P)) (one_in P) in
  let by1 := map (discount P p1 q1) (seq 0 B) in
  let by2 := map (discount P p2 q2) (seq 0 B) in
  Times
    (Times (Times (Times (rest P p1 q1 1) (Inverse (rest P p1 q1 B))) (Root (Times (rest P p2 q2 B) (Inverse (rest P p2 q2 1)))))
           (Ratio (one_in P) (count P B)))
    (expression_sum P B (fun i =>
       Times (expression_sum P B (fun j => Times (nth (age B i j) by1 none) (nth j g none)))
             (Inverse (Root (expression_sum P B (fun j => Times (nth (age B i j) by2 none) (Times (nth j g none) (nth j g none)))))))).
Definition batch_gradient (P : precision) (s : carrier (over P)) (x : list (carrier (over P))) (b q : nat) : expression (over P) :=
  let part := firstn b (skipn (q * b) x) in Times (Ratio (one_in P) (count P (length part))) (linear_form P s part (q * b)).
Definition adam_fields (P : precision) (d : nat) (B : boxed P) (b : nat) (p1 q1 p2 q2 : carrier (over P)) : list (expression (over P)) :=
  map (fun k =>
    let x := column P (rows B) k in
    if forallb (vanishes (over P)) x then Ratio (zero (over P)) (one_in P)
    else adam_expression P p1 q1 p2 q2 (map (batch_gradient P (rows_unit B) x b) (seq 0 (batch_count b (length (rows B))))))
    (seq 0 d).

(** The checkers: for Adam also 0 <= beta1, beta1^2 < beta2 < 1. *)
Definition check_proxy_box (P : precision) (d : nat) (B : boxed P) : bool := check_box P d B (proxy_fields P d B).
Definition check_adam_box (P : precision) (d : nat) (B : boxed P) (b : nat) (p1 q1 p2 q2 : carrier (over P)) : bool :=
  at_most (over P) (zero (over P)) p1 && positive (over P) q1 && positive (over P) q2 && exceeds P p1 q1 && exceeds P p2 q2 &&
  exceeds P (mul P (mul P p1 p1) q2) (mul P p2 (mul P q1 q1)) && Nat.ltb 0 b &&
  check_box P d B (adam_fields P d B b p1 q1 p2 q2).

(** ** What they mean *)

Lemma real_count P n : real P (count P n) = INR n.
Proof. induction n as [|n IH]; [apply real_zero|]. rewrite S_INR. simpl. rewrite real_add, IH, real_one. reflexivity. Qed.

Lemma real_power P a n : real P (power P a n) = real P a ^ n.
Proof. induction n as [|n IH]; [apply real_one|]. simpl. rewrite real_mul, IH. reflexivity. Qed.

Lemma meaning_zero P c : meaning (over P) c (Ratio (zero (over P)) (one_in P)) = 0.
Proof. simpl. rewrite value_zero. unfold Rdiv. ring. Qed.

Lemma meaning_expression_sum P c n f : meaning (over P) c (expression_sum P n f) = sum n (fun j => meaning (over P) c (f j)).
Proof. induction n as [|n IH]; [apply meaning_zero|]. simpl. rewrite IH. reflexivity. Qed.

Lemma entry_cons_S P x v k : entry (over P) (x :: v) (S k) = entry (over P) v k.
Proof. reflexivity. Qed.

Lemma meaning_linear_form P s c : forall x j,
  meaning (over P) c (linear_form P s x j) = sum (length x) (fun i => c (j + i)%nat * vector_of (over P) s x i).
Proof.
  induction x as [|a x IH]; intros j; [apply meaning_zero|]. simpl length. rewrite sum_first.
  assert (E : sum (length x) (fun i => c (j + S i)%nat * vector_of (over P) s (a :: x) (S i)) = meaning (over P) c (linear_form P s x (S j))).
  { rewrite IH. apply sum_ext. intros i _. replace (j + S i)%nat with (S j + i)%nat by lia. reflexivity. }
  rewrite E, Nat.add_0_r. simpl linear_form. change (vector_of (over P) s (a :: x) O) with (real P a / real P s).
  destruct (vanishes (over P) a) eqn:Ea.
  - rewrite (real_vanishes P a Ea). unfold Rdiv. ring.
  - simpl meaning. unfold real. ring.
Qed.

Lemma meaning_square_form P s c : forall x j,
  meaning (over P) c (square_form P s x j)
  = sum (length x) (fun i => (c (j + i)%nat * vector_of (over P) s x i) * (c (j + i)%nat * vector_of (over P) s x i)).
Proof.
  induction x as [|a x IH]; intros j; [apply meaning_zero|]. simpl length. rewrite sum_first.
  assert (E : sum (length x) (fun i => (c (j + S i)%nat * vector_of (over P) s (a :: x) (S i)) * (c (j + S i)%nat * vector_of (over P) s (a :: x) (S i)))
              = meaning (over P) c (square_form P s x (S j))).
  { rewrite IH. apply sum_ext. intros i _. replace (j + S i)%nat with (S j + i)%nat by lia. reflexivity. }
  rewrite E, Nat.add_0_r. simpl square_form. change (vector_of (over P) s (a :: x) O) with (real P a / real P s).
  destruct (vanishes (over P) a) eqn:Ea.
  - rewrite (real_vanishes P a Ea). unfold Rdiv. ring.
  - simpl meaning. unfold real. ring.
Qed.

Lemma column_length P rows k : length (column P rows k) = length rows.
Proof. apply length_map. Qed.

Lemma column_entry P s rows k i : vector_of (over P) s (column P rows k) i = matrix_of (over P) s rows i k.
Proof.
  unfold vector_of, matrix_of, vector_of, entry. do 3 f_equal. unfold column.
  destruct (le_lt_dec (length rows) i) as [Hle|Hlt].
  - rewrite (nth_overflow (map _ rows)) by (rewrite length_map; exact Hle). rewrite (nth_overflow rows) by exact Hle. destruct k; reflexivity.
  - apply (nth_map_below (fun x => nth k x (zero (over P))) rows i [] (zero (over P)) Hlt).
Qed.

Lemma vanishing_column P s rows k : forallb (vanishes (over P)) (column P rows k) = true ->
  forall i, matrix_of (over P) s rows i k = 0.
Proof.
  intros H i. rewrite <- column_entry. unfold vector_of, entry.
  assert (E : IZR (value (over P) (nth i (column P rows k) (zero (over P)))) = 0).
  { destruct (le_lt_dec (length (column P rows k)) i) as [Hle|Hlt].
    - rewrite nth_overflow by exact Hle. rewrite value_zero. reflexivity.
    - apply (real_vanishes P). apply (forallb_nth _ _ _ (zero (over P)) H Hlt). }
  rewrite E. unfold Rdiv. ring.
Qed.

Lemma proxy_fields_mean P d B c k : (k < d)%nat ->
  proxy_field (length (rows B)) (samples c (matrix_of (over P) (rows_unit B) (rows B))) k
  = meaning (over P) c (nth k (proxy_fields P d B) (Ratio (zero (over P)) (zero (over P)))).
Proof.
  intros Hk. unfold proxy_fields. rewrite nth_map_seq by exact Hk. unfold proxy_expression, proxy_field, samples.
  destruct (forallb _ _) eqn:E.
  - rewrite meaning_zero, sum_zero; [unfold Rdiv; ring|]. intros j _.
    rewrite (vanishing_column P (rows_unit B) (rows B) k E). ring.
  - cbn [meaning]. rewrite meaning_linear_form, meaning_square_form, column_length.
    change (IZR (value (over P) (one_in P))) with (real P (one_in P)).
    change (IZR (value (over P) (count P (length (rows B))))) with (real P (count P (length (rows B)))).
    rewrite real_one, real_count.
    rewrite (sum_ext _ (fun i => c (0 + i)%nat * vector_of (over P) (rows_unit B) (column P (rows B) k) i)
               (fun j => c j * matrix_of (over P) (rows_unit B) (rows B) j k)) by (intros i _; rewrite column_entry; reflexivity).
    rewrite (sum_ext _ (fun i => c (0 + i)%nat * vector_of (over P) (rows_unit B) (column P (rows B) k) i * _)
               (fun j => c j * matrix_of (over P) (rows_unit B) (rows B) j k * (c j * matrix_of (over P) (rows_unit B) (rows B) j k)))
      by (intros i _; rewrite column_entry; reflexivity).
    unfold Rdiv. rewrite Rinv_mult. ring.
Qed.

Lemma meaning_discount P c p q a : 0 < real P q -> meaning (over P) c (discount P p q a) = (real P p / real P q) ^ a.
Proof.
  intros Hq. simpl. change (real P (power P p a) / real P (power P q a) = (real P p / real P q) ^ a).
  rewrite !real_power. unfold Rdiv. rewrite Rpow_mult_distr, pow_inv. reflexivity.
Qed.

Lemma meaning_rest P c p q a : 0 < real P q -> meaning (over P) c (rest P p q a) = 1 - (real P p / real P q) ^ a.
Proof.
  intros Hq. simpl. change (real P (sub P (power P q a) (power P p a)) / real P (power P q a) = 1 - (real P p / real P q) ^ a).
  rewrite real_sub, !real_power. unfold Rdiv at 2. rewrite Rpow_mult_distr, pow_inv. field. apply pow_nonzero. lra.
Qed.

Lemma meaning_adam_expression P c p1 q1 p2 q2 g k : 0 < real P q1 -> 0 < real P q2 ->
  meaning (over P) c (adam_expression P p1 q1 p2 q2 g)
  = adam_field (real P p1 / real P q1) (real P p2 / real P q2) (length g)
      (fun j (_ : nat) => meaning (over P) c (nth j g (Ratio (zero (over P)) (one_in P)))) k.
Proof.
  intros H1 H2. unfold adam_expression, adam_field, adam_constant. cbv zeta. cbn [meaning].
  rewrite meaning_expression_sum, !meaning_rest, !pow_1 by assumption.
  change (IZR (value (over P) (one_in P))) with (real P (one_in P)).
  change (IZR (value (over P) (count P (length g)))) with (real P (count P (length g))). rewrite real_one, real_count.
  assert (Hage : forall i j, (i < length g)%nat -> (age (length g) i j < length g)%nat).
  { intros i j Hi. apply Nat.mod_upper_bound. lia. }
  f_equal; [unfold Rdiv; ring|]. apply sum_ext. intros i Hi. cbn [meaning]. rewrite !meaning_expression_sum. apply (f_equal2 Rmult); [|apply (f_equal Rinv), (f_equal sqrt)].
  - apply sum_ext. intros j _. cbn [meaning]. rewrite nth_map_seq by (apply Hage; exact Hi). rewrite meaning_discount by exact H1. reflexivity.
  - apply sum_ext. intros j _. cbn [meaning]. rewrite nth_map_seq by (apply Hage; exact Hi).
    rewrite meaning_discount by exact H2. reflexivity.
Qed.

Lemma nth_firstn_below {A} (a : A) : forall b l i, (i < b)%nat -> nth i (firstn b l) a = nth i l a.
Proof.
  induction b as [|b IH]; intros l i Hi; [lia|]. destruct l as [|x l]; [reflexivity|]. destruct i as [|i]; [reflexivity|].
  simpl. apply IH. lia.
Qed.

Lemma nth_skipn_plus {A} (a : A) : forall q l i, nth i (skipn q l) a = nth (q + i) l a.
Proof.
  induction q as [|q IH]; intros l i; [reflexivity|]. destruct l as [|x l]; [destruct i; reflexivity|]. simpl. apply IH.
Qed.

Lemma meaning_batch_gradient P s rows b q c k :
  meaning (over P) c (batch_gradient P s (column P rows k) b q) = mean_batches b (length rows) c (matrix_of (over P) s rows) q k.
Proof.
  unfold batch_gradient, mean_batches. cbv zeta. cbn [meaning]. rewrite meaning_linear_form.
  assert (L : length (firstn b (skipn (q * b) (column P rows k))) = batch_width b (length rows) q).
  { rewrite length_firstn, length_skipn, column_length. reflexivity. }
  rewrite L. change (IZR (value (over P) (one_in P))) with (real P (one_in P)).
  change (IZR (value (over P) (count P (batch_width b (length rows) q)))) with (real P (count P (batch_width b (length rows) q))).
  rewrite real_one, real_count. unfold Rdiv. rewrite Rmult_1_l. f_equal. apply sum_ext. intros i Hi. f_equal.
  rewrite <- column_entry. unfold vector_of, entry. do 3 f_equal.
  rewrite nth_firstn_below by (unfold batch_width in Hi; lia). apply nth_skipn_plus.
Qed.

Lemma adam_fields_mean P d B b p1 q1 p2 q2 c k : 0 < real P q1 -> 0 < real P q2 -> (k < d)%nat ->
  adam_field (real P p1 / real P q1) (real P p2 / real P q2) (batch_count b (length (rows B)))
    (mean_batches b (length (rows B)) c (matrix_of (over P) (rows_unit B) (rows B))) k
  = meaning (over P) c (nth k (adam_fields P d B b p1 q1 p2 q2) (Ratio (zero (over P)) (zero (over P)))).
Proof.
  intros H1 H2 Hk. unfold adam_fields. rewrite nth_map_seq by exact Hk. cbv zeta.
  set (N := length (rows B)). set (X := matrix_of (over P) (rows_unit B) (rows B)).
  destruct (forallb _ _) eqn:E.
  - rewrite meaning_zero. unfold adam_field. rewrite (sum_zero (batch_count b N)); [ring|]. intros i _.
    rewrite sum_zero; [unfold Rdiv; ring|]. intros j _. unfold mean_batches. rewrite (sum_zero (batch_width b N j)); [ring|].
    intros a _. unfold X. rewrite (vanishing_column P (rows_unit B) (rows B) k E). ring.
  - rewrite (meaning_adam_expression P c p1 q1 p2 q2 _ k H1 H2), length_map, length_seq. fold N. unfold adam_field. f_equal.
    apply sum_ext. intros i Hi.
    assert (G : forall j, (j < batch_count b N)%nat ->
              meaning (over P) c (nth j (map (batch_gradient P (rows_unit B) (column P (rows B) k) b) (seq 0 (batch_count b N)))
                                       (Ratio (zero (over P)) (one_in P))) = mean_batches b N c X j k).
    { intros j Hj. rewrite nth_map_seq by exact Hj. apply meaning_batch_gradient. }
    apply (f_equal2 Rmult); [apply sum_ext; intros j Hj; rewrite (G j Hj); reflexivity|].
    apply (f_equal Rinv), (f_equal sqrt), sum_ext. intros j Hj. rewrite (G j Hj). reflexivity.
Qed.

(** ** Soundness *)

(** Claims: none.
    Certificates of an equilibrium of AdamProxy's game: if the checker says true, there is one equilibrium of positive
    cost in the box, and only one, with $U_k(c) = (X^\top c)_k / (N M_k(c))$, and its direction is that near. *)
Theorem check_proxy_box_sound :
  forall P d B,
    check_proxy_box P d B = true ->
    let X := matrix_of (over P) (rows_unit B) (rows B) in
    one_equilibrium (length (rows B)) d X (fun c => proxy_field (length (rows B)) (samples c X))
      (vector_of (over P) (center_unit B) (center B)) (radius P B)
      (vector_of (over P) (direction_unit B) (direction B)) (real P (near_top B) / real P (near_bottom B)).
Proof.
  intros P d B H X. apply (check_box_sound P d B (proxy_fields P d B)); [|exact H].
  intros c k Hk. apply proxy_fields_mean. exact Hk.
Qed.

(** Claims: none.
    Certificates of an equilibrium of Adam's game, at any betas and batch size, batches in cyclic order of the rows, the
    last of which may be smaller: if the checker says true, $0 \le \beta_1 < 1$, $\beta_1^2 < \beta_2 < 1$, and there is
    one equilibrium of positive cost in the box, and only one, where $U(c)$ is the epoch map's (see epoch-map) of the
    batches' mean gradients $G_q$; and its direction is that near. *)
Theorem check_adam_box_sound :
  forall P d B b p1 q1 p2 q2,
    check_adam_box P d B b p1 q1 p2 q2 = true ->
    let X := matrix_of (over P) (rows_unit B) (rows B) in
    let b1 := real P p1 / real P q1 in
    let b2 := real P p2 / real P q2 in
    let N := length (rows B) in
    0 <= b1 < 1 /\ b1 * b1 < b2 < 1 /\
    one_equilibrium N d X (fun c => adam_field b1 b2 (batch_count b N) (mean_batches b N c X))
      (vector_of (over P) (center_unit B) (center B)) (radius P B)
      (vector_of (over P) (direction_unit B) (direction B)) (real P (near_top B) / real P (near_bottom B)).
Proof.
  intros P d B b p1 q1 p2 q2 H X b1 b2 N. unfold check_adam_box in H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[H0 H1] H2] H3] H4] H5] _] H].
  apply real_at_most in H0. rewrite real_zero in H0. apply real_positive in H1. apply real_positive in H2.
  apply exceeds_spec in H3. apply exceeds_spec in H4. apply exceeds_spec in H5. rewrite !real_mul in H5.
  assert (E : forall p q, 0 < q -> p < q -> p / q < 1).
  { intros p q Hq Hpq. apply (Rmult_lt_reg_r q); [exact Hq|]. replace (p / q * q) with p by (field; lra). lra. }
  split; [split; [apply Rmult_le_pos; [exact H0|left; apply Rinv_0_lt_compat; exact H1]|apply E; assumption]|].
  split; [split; [|apply E; assumption]|].
  - unfold b1, b2. apply (Rmult_lt_reg_r (real P q1 * real P q1 * real P q2)); [repeat apply Rmult_lt_0_compat; assumption|].
    replace (real P p1 / real P q1 * (real P p1 / real P q1) * (real P q1 * real P q1 * real P q2))
      with (real P p1 * real P p1 * real P q2) by (field; lra).
    replace (real P p2 / real P q2 * (real P q1 * real P q1 * real P q2)) with (real P p2 * (real P q1 * real P q1)) by (field; lra).
    exact H5.
  - apply (check_box_sound P d B (adam_fields P d B b p1 q1 p2 q2)); [|exact H].
    intros c k Hk. apply adam_fields_mean; assumption.
Qed.
