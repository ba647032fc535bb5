(** Checkers of certificates as functions, and their soundness.

    Data, claim and witness are lists of integers with common denominators.  A checker says true only if the statement
    about the real matrix holds; a certificate's theorem is proved by running its checker in the kernel.  The checkers
    take their numbers as an argument, so that they run on Z and on big machine integers alike. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Marginproof Require Import Base MaxMargin Gordan.
Import ListNotations.
Open Scope R_scope.

(** Integers as the checkers use them; [value] says which integer a number is. *)
Record numbers : Type := {
  carrier : Type;
  value : carrier -> Z;
  plus : carrier -> carrier -> carrier;
  mult : carrier -> carrier -> carrier;
  absolute : carrier -> carrier;
  at_most : carrier -> carrier -> bool;
  zero : carrier;
  one_of : carrier;
  remainder : carrier -> carrier -> carrier;
  value_plus : forall a b, value (plus a b) = (value a + value b)%Z;
  value_mult : forall a b, value (mult a b) = (value a * value b)%Z;
  value_absolute : forall a, value (absolute a) = Z.abs (value a);
  value_at_most : forall a b, at_most a b = (value a <=? value b)%Z;
  value_zero : value zero = 0%Z;
  value_one : value one_of = 1%Z;
  value_remainder : forall a b, (0 < value b)%Z -> value (remainder a b) = (value a mod value b)%Z }.

Definition integers : numbers := {|
  carrier := Z; value := fun a => a; plus := Z.add; mult := Z.mul; absolute := Z.abs; at_most := Z.leb; zero := 0%Z;
  one_of := 1%Z; remainder := Z.modulo;
  value_plus := fun a b => eq_refl; value_mult := fun a b => eq_refl; value_absolute := fun a => eq_refl;
  value_at_most := fun a b => eq_refl; value_zero := eq_refl;
  value_one := eq_refl; value_remainder := fun a b _ => eq_refl |}.

(** The real matrix and vector of integer lists with a common denominator. *)
Definition entry (K : numbers) (v : list (carrier K)) (k : nat) : R := IZR (value K (nth k v (zero K))).
Definition vector_of (K : numbers) (s : carrier K) (v : list (carrier K)) : nat -> R :=
  fun k => entry K v k / IZR (value K s).
Definition matrix_of (K : numbers) (s : carrier K) (rows : list (list (carrier K))) : nat -> nat -> R :=
  fun i => vector_of K s (nth i rows []).

(** Sums over lists. *)
Fixpoint inner (K : numbers) (x w : list (carrier K)) : carrier K :=
  match x, w with a :: x, b :: w => plus K (mult K a b) (inner K x w) | _, _ => zero K end.
Fixpoint total (K : numbers) (v : list (carrier K)) : carrier K :=
  match v with a :: v => plus K a (total K v) | [] => zero K end.
Fixpoint add_multiple (K : numbers) (c : carrier K) (x y : list (carrier K)) : list (carrier K) :=
  match x, y with a :: x, b :: y => plus K (mult K c a) b :: add_multiple K c x y | _, _ => y end.
Definition vanishes (K : numbers) (a : carrier K) : bool := at_most K (absolute K a) (zero K).
Fixpoint combined (K : numbers) (d : nat) (c : list (carrier K)) (rows : list (list (carrier K))) : list (carrier K) :=
  match c, rows with
  | a :: c, x :: rows => if vanishes K a then combined K d c rows else add_multiple K a x (combined K d c rows)
  | _, _ => repeat (zero K) d
  end.

(** What is asked of all certificates: a positive denominator, rows of d entries; of weights c over the denominator one:
    not negative, and of sum 1. *)
Definition positive (K : numbers) (a : carrier K) : bool := negb (at_most K a (zero K)).
Definition shaped (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) : bool :=
  positive K s && forallb (fun x => Nat.eqb (length x) d) rows.
Definition same (K : numbers) (a b : carrier K) : bool := at_most K a b && at_most K b a.
Definition weighting (K : numbers) (rows : list (list (carrier K))) (one : carrier K) (c : list (carrier K)) : bool :=
  Nat.eqb (length c) (length rows) && forallb (at_most K (zero K)) c && positive K (total K c) &&
  same K (total K c) one.

(** The checkers.  Entries are x = rows/s, w = w/t, the margin is p/q. *)
Definition check_separable (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) (t : carrier K)
    (w : list (carrier K)) : bool :=
  shaped K d s rows && positive K t && forallb (fun x => positive K (inner K x w)) rows.
Definition check_not_separable (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K)))
    (one : carrier K) (c : list (carrier K)) : bool :=
  shaped K d s rows && weighting K rows one c && forallb (vanishes K) (combined K d c rows).
Definition reaches (K : numbers) (s : carrier K) (rows : list (list (carrier K))) (t : carrier K) (w : list (carrier K))
    (p q : carrier K) : bool :=
  forallb (fun x => at_most K (mult K p (mult K s t)) (mult K q (inner K x w))) rows.
Definition check_linf (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) (t : carrier K)
    (w : list (carrier K)) (p q : carrier K) (one : carrier K) (c : list (carrier K)) : bool :=
  shaped K d s rows && positive K t && positive K q && Nat.eqb (length w) d && weighting K rows one c &&
  positive K p && forallb (fun a => at_most K (absolute K a) t) w && reaches K s rows t w p q &&
  at_most K (mult K q (total K (map (absolute K) (combined K d c rows)))) (mult K p (mult K s (total K c))).
Definition check_l1 (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) (t : carrier K)
    (w : list (carrier K)) (p q : carrier K) (one : carrier K) (c : list (carrier K)) : bool :=
  shaped K d s rows && positive K t && positive K q && Nat.eqb (length w) d && weighting K rows one c &&
  positive K p && at_most K (total K (map (absolute K) w)) t && reaches K s rows t w p q &&
  forallb (fun a => at_most K (mult K q (absolute K a)) (mult K p (mult K s (total K c)))) (combined K d c rows).
(** For l2 the maximizer has margins at least 1 and the squared margin is p/q. *)
Definition check_l2 (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) (t : carrier K)
    (w : list (carrier K)) (p q : carrier K) (one : carrier K) (c : list (carrier K)) : bool :=
  shaped K d s rows && positive K t && positive K p && positive K q && Nat.eqb (length w) d && weighting K rows one c &&
  forallb (fun x => at_most K (mult K s t) (inner K x w)) rows &&
  at_most K (mult K p (inner K w w)) (mult K q (mult K t t)) &&
  (let v := combined K d c rows in let z := mult K s (total K c) in
   at_most K (mult K q (inner K v v)) (mult K p (mult K z z))).

(** ** What the lists mean *)

Lemma positive_value K a : positive K a = true -> 0 < IZR (value K a).
Proof.
  unfold positive. rewrite value_at_most, value_zero. intros H. apply IZR_lt. apply negb_true_iff, Z.leb_gt in H. exact H.
Qed.

Lemma at_most_value K a b : at_most K a b = true -> IZR (value K a) <= IZR (value K b).
Proof. rewrite value_at_most. intros H. apply IZR_le, Z.leb_le, H. Qed.

Lemma entry_nil K k : entry K [] k = 0.
Proof. unfold entry. destruct k; simpl; rewrite value_zero; reflexivity. Qed.

Lemma inner_value K d : forall x w, (length x <= d)%nat ->
  IZR (value K (inner K x w)) = sum d (fun k => entry K x k * entry K w k).
Proof.
  induction d as [|d IH]; intros x w Hx.
  - destruct x; [|simpl in Hx; lia]. simpl. rewrite value_zero. reflexivity.
  - rewrite sum_first. destruct x as [|a x]; [|destruct w as [|b w]].
    + simpl inner. rewrite value_zero. symmetry. rewrite entry_nil, sum_zero; [lra|]. intros k _. rewrite entry_nil. ring.
    + simpl inner. rewrite value_zero. symmetry. rewrite entry_nil, sum_zero; [lra|]. intros k _. rewrite entry_nil. ring.
    + simpl inner. rewrite value_plus, value_mult, plus_IZR, mult_IZR, (IH x w) by (simpl in Hx; lia). reflexivity.
Qed.

Lemma total_value K v : forall n, length v = n -> IZR (value K (total K v)) = sum n (entry K v).
Proof.
  induction v as [|a v IH]; intros n <-; [simpl; rewrite value_zero; reflexivity|].
  simpl length. rewrite sum_first. simpl total. rewrite value_plus, plus_IZR, (IH (length v) eq_refl). reflexivity.
Qed.

Lemma add_multiple_length K c x : forall y, length (add_multiple K c x y) = length y.
Proof. induction x as [|a x IH]; intros [|b y]; simpl; auto. Qed.

Lemma add_multiple_entry K c : forall x y k, length x = length y ->
  entry K (add_multiple K c x y) k = IZR (value K c) * entry K x k + entry K y k.
Proof.
  induction x as [|a x IH]; intros [|b y] k H; try discriminate.
  - simpl. rewrite entry_nil. ring.
  - destruct k as [|k]; [|simpl in H; apply (IH y k); lia].
    unfold entry. simpl. rewrite value_plus, value_mult, plus_IZR, mult_IZR. reflexivity.
Qed.

Lemma combined_length K d : forall c rows, length (combined K d c rows) = d.
Proof.
  induction c as [|a c IH]; intros [|x rows]; simpl; try apply repeat_length.
  destruct (vanishes K a); [apply IH|]. rewrite add_multiple_length. apply IH.
Qed.

Lemma vanishes_value K a : vanishes K a = true -> value K a = 0%Z.
Proof. unfold vanishes. rewrite value_at_most, value_absolute, value_zero. intros H. apply Z.leb_le in H. lia. Qed.

Lemma repeat_entry K n k : entry K (repeat (zero K) n) k = 0.
Proof.
  unfold entry. replace (nth k (repeat (zero K) n) (zero K)) with (zero K); [rewrite value_zero; reflexivity|].
  revert k. induction n as [|n IH]; intros [|k]; simpl; auto.
Qed.

Lemma combined_entry K d k : forall c rows,
  forallb (fun x => Nat.eqb (length x) d) rows = true -> length c = length rows ->
  entry K (combined K d c rows) k = sum (length rows) (fun i => entry K c i * entry K (nth i rows []) k).
Proof.
  induction c as [|a c IH]; intros [|x rows] Hr Hl; try discriminate; [apply repeat_entry|].
  simpl in Hr. apply andb_true_iff in Hr. destruct Hr as [Hx Hr]. apply Nat.eqb_eq in Hx. injection Hl as Hl.
  simpl length. rewrite sum_first. simpl combined. simpl nth. specialize (IH rows Hr Hl).
  change (sum (length rows) (fun i => entry K (a :: c) (S i) * entry K (nth i rows []) k))
    with (sum (length rows) (fun i => entry K c i * entry K (nth i rows []) k)). rewrite <- IH.
  change (entry K (a :: c) 0) with (IZR (value K a)). destruct (vanishes K a) eqn:Ev.
  - rewrite (vanishes_value K a Ev). ring.
  - apply add_multiple_entry. rewrite combined_length. exact Hx.
Qed.

(** ** What the checks give *)

Lemma forallb_nth {A} (f : A -> bool) l i a : forallb f l = true -> (i < length l)%nat -> f (nth i l a) = true.
Proof. intros H Hi. rewrite forallb_forall in H. apply H, nth_In, Hi. Qed.

Lemma shaped_spec K d s rows : shaped K d s rows = true ->
  0 < IZR (value K s) /\ forallb (fun x => Nat.eqb (length x) d) rows = true /\
  (forall i, (i < length rows)%nat -> length (nth i rows []) = d).
Proof.
  intros H. apply andb_true_iff in H. destruct H as [H1 H2]. split; [apply positive_value; exact H1|]. split; [exact H2|].
  intros i Hi. apply Nat.eqb_eq. exact (forallb_nth _ _ _ [] H2 Hi).
Qed.

(** x_i . (w/t) in integers. *)
Lemma margin_value K d s rows t w i :
  0 < IZR (value K s) -> 0 < IZR (value K t) -> (i < length rows)%nat -> length (nth i rows []) = d ->
  dot d (matrix_of K s rows i) (vector_of K t w)
  = IZR (value K (inner K (nth i rows []) w)) / (IZR (value K s) * IZR (value K t)).
Proof.
  intros Hs Ht Hi Hl. rewrite (inner_value K d) by lia. unfold dot, matrix_of, vector_of, Rdiv.
  rewrite <- sum_scal_r. apply sum_ext. intros k _. field. lra.
Qed.

(** The weights c divided by their sum, and X'c in integers. *)
Definition normalized (K : numbers) (c : list (carrier K)) : nat -> R := vector_of K (total K c) c.

Lemma weighting_spec K rows one c : weighting K rows one c = true ->
  length c = length rows /\ 0 < IZR (value K (total K c)) /\ simplex (length rows) (normalized K c).
Proof.
  intros H. unfold weighting in H. repeat rewrite andb_true_iff in H. destruct H as [[[H1 H2] H3] _].
  apply Nat.eqb_eq in H1. apply positive_value in H3. split; [exact H1|]. split; [exact H3|]. split.
  - intros i Hi. apply Rmult_le_pos; [|apply Rlt_le, Rinv_0_lt_compat; exact H3].
    rewrite <- H1 in Hi. pose proof (forallb_nth _ _ _ (zero K) H2 Hi) as P. apply at_most_value in P.
    rewrite value_zero in P. exact P.
  - unfold normalized, vector_of, Rdiv. rewrite sum_scal_r. rewrite <- (total_value K c _ H1). apply Rinv_r. lra.
Qed.

Lemma combined_value K d s rows c k :
  0 < IZR (value K s) -> forallb (fun x => Nat.eqb (length x) d) rows = true -> length c = length rows ->
  0 < IZR (value K (total K c)) ->
  combine (length rows) (matrix_of K s rows) (normalized K c) k
  = entry K (combined K d c rows) k / (IZR (value K s) * IZR (value K (total K c))).
Proof.
  intros Hs Hr Hl Ht. rewrite (combined_entry K d k c rows Hr Hl). unfold combine, normalized, matrix_of, vector_of, Rdiv.
  rewrite <- sum_scal_r. apply sum_ext. intros i _. field. lra.
Qed.

Lemma reaches_spec K d s rows t w p q : shaped K d s rows = true -> 0 < IZR (value K t) -> 0 < IZR (value K q) ->
  reaches K s rows t w p q = true ->
  forall i, (i < length rows)%nat -> IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) (vector_of K t w).
Proof.
  intros H Ht Hq Hr i Hi. destruct (shaped_spec K d s rows H) as [Hs [_ Hl]].
  rewrite margin_value by (try assumption; apply Hl; exact Hi).
  pose proof (forallb_nth _ _ _ [] Hr Hi) as P. apply at_most_value in P. rewrite !value_mult, !mult_IZR in P.
  set (a := IZR (value K (inner K (nth i rows []) w))) in *.
  apply (Rmult_le_reg_l (IZR (value K q) * (IZR (value K s) * IZR (value K t)))).
  - apply Rmult_lt_0_compat; [exact Hq|apply Rmult_lt_0_compat; assumption].
  - replace (IZR (value K q) * (IZR (value K s) * IZR (value K t)) * (IZR (value K p) / IZR (value K q)))
      with (IZR (value K p) * (IZR (value K s) * IZR (value K t))) by (field; lra).
    replace (IZR (value K q) * (IZR (value K s) * IZR (value K t)) * (a / (IZR (value K s) * IZR (value K t))))
      with (IZR (value K q) * a) by (field; lra). exact P.
Qed.

Lemma abs_entry K v k : Rabs (entry K v k) = entry K (map (absolute K) v) k.
Proof.
  unfold entry. rewrite <- abs_IZR, <- value_absolute. destruct (le_lt_dec (length v) k) as [Hle|Hlt].
  - assert (Hm : (length (map (absolute K) v) <= k)%nat) by (rewrite length_map; exact Hle).
    rewrite (nth_overflow v _ Hle), (nth_overflow (map (absolute K) v) _ Hm). rewrite value_absolute, value_zero. reflexivity.
  - rewrite (nth_indep (map (absolute K) v) (zero K) (absolute K (zero K))) by (rewrite length_map; exact Hlt). rewrite map_nth. reflexivity.
Qed.

Lemma abs_div x y : 0 < y -> Rabs (x / y) = Rabs x / y.
Proof. intros H. unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ y)); [reflexivity|]. apply Rle_ge, Rlt_le, Rinv_0_lt_compat, H. Qed.

Lemma l1_value K d t w : 0 < IZR (value K t) -> length w = d ->
  l1 d (vector_of K t w) = IZR (value K (total K (map (absolute K) w))) / IZR (value K t).
Proof.
  intros Ht Hl. rewrite (total_value K (map (absolute K) w) d) by (rewrite length_map; exact Hl). unfold l1, Rdiv.
  rewrite <- sum_scal_r. apply sum_ext. intros k _. unfold vector_of. rewrite abs_div, abs_entry by exact Ht. reflexivity.
Qed.

(** ** Soundness *)

(** Claims: none.
    Certificates of the kind separable: if the checker says true, every row has a positive inner product with the
    claim's separator $w$. *)
Theorem check_separable_sound :
  forall K d s rows t w,
    check_separable K d s rows t w = true ->
    forall i, (i < length rows)%nat -> 0 < dot d (matrix_of K s rows i) (vector_of K t w).
Proof.
  intros K d s rows t w H i Hi. apply andb_true_iff in H. destruct H as [H H3]. apply andb_true_iff in H.
  destruct H as [H1 H2]. destruct (shaped_spec K d s rows H1) as [Hs [_ Hl]]. apply positive_value in H2.
  rewrite margin_value by (try assumption; apply Hl; exact Hi).
  pose proof (forallb_nth _ _ _ [] H3 Hi) as P. apply positive_value in P.
  apply Rdiv_lt_0_compat; [exact P|apply Rmult_lt_0_compat; assumption].
Qed.

(** Claims: none.
    Certificates of the kind not separable: if the checker says true, no $w$ has $x_i^\top w > 0$ for all $i$. *)
Theorem check_not_separable_sound :
  forall K d s rows one c,
    check_not_separable K d s rows one c = true -> ~ separable (length rows) d (matrix_of K s rows).
Proof.
  intros K d s rows one c H. apply andb_true_iff in H. destruct H as [H H3]. apply andb_true_iff in H.
  destruct H as [H1 H2]. destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]].
  destruct (weighting_spec K rows one c H2) as [Hlen [Ht Hc]].
  apply gordan. exists (normalized K c). split; [exact Hc|]. intros k Hk.
  rewrite (combined_value K d) by assumption.
  assert (E : entry K (combined K d c rows) k = 0); [|rewrite E; unfold Rdiv; ring].
  unfold entry. rewrite (vanishes_value K); [reflexivity|]. apply (forallb_nth _ _ _ _ H3). rewrite combined_length. exact Hk.
Qed.

(** Claims: full-batch-linf.
    Certificates of the l_inf max margin: if the checker says true, $p/q$ is the l_inf max margin, attained at $w$. *)
Theorem check_linf_sound :
  forall K d s rows t w p q one c,
    check_linf K d s rows t w p q one c = true ->
    max_margin linf (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)).
Proof.
  intros K d s rows t w p q one c H. unfold check_linf in H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[[H1 H2] H3] H4] H5] _] H6] H7] H8].
  destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]]. apply positive_value in H2. apply positive_value in H3.
  apply Nat.eqb_eq in H4. destruct (weighting_spec K rows one c H5) as [Hlen [Ht Hc]].
  apply (linf_optimal _ _ _ _ (normalized K c)); [| |exact Hc|].
  - apply linf_le; [lra|]. intros k Hk. unfold vector_of. rewrite abs_div, abs_entry by exact H2.
    apply (Rmult_le_reg_r (IZR (value K t))); [exact H2|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r, Rmult_1_l by lra.
    rewrite <- abs_entry. unfold entry. rewrite <- abs_IZR, <- value_absolute. apply at_most_value.
    apply (forallb_nth _ _ _ _ H6). rewrite H4. exact Hk.
  - exact (reaches_spec K d s rows t w p q H1 H2 H3 H7).
  - apply at_most_value in H8. rewrite !value_mult, !mult_IZR in H8.
    assert (E : l1 d (combine (length rows) (matrix_of K s rows) (normalized K c))
                = IZR (value K (total K (map (absolute K) (combined K d c rows)))) / (IZR (value K s) * IZR (value K (total K c)))).
    { rewrite (total_value K (map (absolute K) (combined K d c rows)) d) by (rewrite length_map; apply combined_length). unfold l1, Rdiv. rewrite <- sum_scal_r.
      apply sum_ext. intros k _. rewrite (combined_value K d) by assumption.
      rewrite abs_div, abs_entry by (apply Rmult_lt_0_compat; assumption). reflexivity. }
    rewrite E. set (A := IZR (value K (total K (map (absolute K) (combined K d c rows))))) in *.
    assert (Hz : 0 < IZR (value K s) * IZR (value K (total K c))) by (apply Rmult_lt_0_compat; assumption).
    apply (Rmult_le_reg_l (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))))); [apply Rmult_lt_0_compat; assumption|].
    replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (A / (IZR (value K s) * IZR (value K (total K c)))))
      with (IZR (value K q) * A) by (field; lra).
    replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (IZR (value K p) / IZR (value K q)))
      with (IZR (value K p) * (IZR (value K s) * IZR (value K (total K c)))) by (field; lra). exact H8.
Qed.

(** Claims: none.
    Certificates of the l1 max margin: if the checker says true, $p/q$ is the l1 max margin, attained at $w$. *)
Theorem check_l1_sound :
  forall K d s rows t w p q one c,
    check_l1 K d s rows t w p q one c = true ->
    max_margin l1 (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)).
Proof.
  intros K d s rows t w p q one c H. unfold check_l1 in H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[[H1 H2] H3] H4] H5] H6] H7] H8] H9].
  destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]]. apply positive_value in H2. apply positive_value in H3.
  apply Nat.eqb_eq in H4. destruct (weighting_spec K rows one c H5) as [Hlen [Ht Hc]].
  apply positive_value in H6.
  apply (l1_optimal _ _ _ _ (normalized K c)); [| |exact Hc|].
  - rewrite (l1_value K d t w H2 H4). apply at_most_value in H7.
    apply (Rmult_le_reg_r (IZR (value K t))); [exact H2|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r, Rmult_1_l by lra.
    exact H7.
  - exact (reaches_spec K d s rows t w p q H1 H2 H3 H8).
  - assert (Hz : 0 < IZR (value K s) * IZR (value K (total K c))) by (apply Rmult_lt_0_compat; assumption).
    apply linf_le.
    + apply Rlt_le, Rdiv_lt_0_compat; assumption.
    + intros k Hk. rewrite (combined_value K d) by assumption. rewrite abs_div by exact Hz.
      pose proof (forallb_nth _ _ k (zero K) H9 ltac:(rewrite combined_length; exact Hk)) as P. apply at_most_value in P.
      rewrite !value_mult, !mult_IZR, value_absolute, abs_IZR in P. fold (entry K (combined K d c rows) k) in P.
      set (A := Rabs (entry K (combined K d c rows) k)) in *.
      apply (Rmult_le_reg_l (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))))); [apply Rmult_lt_0_compat; assumption|].
      replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (A / (IZR (value K s) * IZR (value K (total K c)))))
        with (IZR (value K q) * A) by (field; lra).
      replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (IZR (value K p) / IZR (value K q)))
        with (IZR (value K p) * (IZR (value K s) * IZR (value K (total K c)))) by (field; lra). exact P.
Qed.

(** Claims: gd-l2.
    Certificates of the l2 max margin: if the checker says true, $\sqrt{p/q}$ is the l2 max margin, attained at the
    multiple $\sqrt{p/q}\, w$ of the claim's maximizer, and by no other vector of norm at most 1. *)
Theorem check_l2_sound :
  forall K d s rows t w p q one c,
    check_l2 K d s rows t w p q one c = true ->
    let g := sqrt (IZR (value K p) / IZR (value K q)) in
    max_margin l2 (length rows) d (matrix_of K s rows) (fun k => g * vector_of K t w k) g /\
    forall u, max_margin l2 (length rows) d (matrix_of K s rows) u g ->
      forall k, (k < d)%nat -> u k = g * vector_of K t w k.
Proof.
  intros K d s rows t w p q one c H g. unfold check_l2 in H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[[H1 H2] H0] H3] H4] H5] H6] H7] H8].
  destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]]. apply positive_value in H2. apply positive_value in H3.
  apply positive_value in H0. apply Nat.eqb_eq in H4. destruct (weighting_spec K rows one c H5) as [Hlen [Ht Hc]].
  set (m := IZR (value K p) / IZR (value K q)) in *. assert (Hm : 0 < m) by (apply Rdiv_lt_0_compat; assumption).
  assert (Hg : 0 < g) by (apply sqrt_lt_R0; exact Hm). assert (Hgg : g * g = m) by (apply sqrt_sqrt; lra).
  assert (Hmax : max_margin l2 (length rows) d (matrix_of K s rows) (fun k => g * vector_of K t w k) g).
  { apply (l2_optimal _ _ _ _ (normalized K c)); [| |exact Hc|].
    - unfold l2. rewrite <- sqrt_1. apply sqrt_le_1_alt. rewrite dot_scal_r, dot_scal_l, <- Rmult_assoc, Hgg.
      assert (E : dot d (vector_of K t w) (vector_of K t w) = IZR (value K (inner K w w)) / (IZR (value K t) * IZR (value K t))).
      { rewrite (inner_value K d) by lia. unfold dot, vector_of, Rdiv. rewrite <- sum_scal_r. apply sum_ext. intros k _. field. lra. }
      rewrite E. apply at_most_value in H7. rewrite !value_mult, !mult_IZR in H7. unfold m.
      assert (Htt : 0 < IZR (value K t) * IZR (value K t)) by nra.
      apply (Rmult_le_reg_l (IZR (value K q) * (IZR (value K t) * IZR (value K t)))); [apply Rmult_lt_0_compat; assumption|].
      rewrite Rmult_1_r. set (A := IZR (value K (inner K w w))) in *.
      replace (IZR (value K q) * (IZR (value K t) * IZR (value K t)) * (IZR (value K p) / IZR (value K q) * (A / (IZR (value K t) * IZR (value K t)))))
        with (IZR (value K p) * A) by (field; lra). exact H7.
    - intros i Hi. rewrite dot_scal_r. rewrite <- (Rmult_1_r g) at 1. apply Rmult_le_compat_l; [lra|].
      rewrite margin_value by (try assumption; apply Hl; exact Hi).
      pose proof (forallb_nth _ _ _ [] H6 Hi) as P. apply at_most_value in P. rewrite value_mult, mult_IZR in P.
      assert (Hst : 0 < IZR (value K s) * IZR (value K t)) by (apply Rmult_lt_0_compat; assumption).
      apply (Rmult_le_reg_r (IZR (value K s) * IZR (value K t))); [exact Hst|]. unfold Rdiv.
      rewrite Rmult_assoc, Rinv_l, Rmult_1_l, Rmult_1_r by lra. exact P.
    - set (z := IZR (value K s) * IZR (value K (total K c))). assert (Hz : 0 < z) by (apply Rmult_lt_0_compat; assumption).
      set (v := combined K d c rows) in *.
      assert (E : dot d (combine (length rows) (matrix_of K s rows) (normalized K c)) (combine (length rows) (matrix_of K s rows) (normalized K c))
                  = IZR (value K (inner K v v)) / (z * z)).
      { rewrite (inner_value K d) by (unfold v; rewrite combined_length; lia). unfold dot, Rdiv. rewrite <- sum_scal_r.
        apply sum_ext. intros k _. rewrite (combined_value K d) by assumption. fold v z. field. lra. }
      unfold l2, g. apply sqrt_le_1_alt. rewrite E. cbv zeta in H8. apply at_most_value in H8. rewrite !value_mult, !mult_IZR in H8.
      fold z in H8. unfold m. set (A := IZR (value K (inner K v v))) in *.
      assert (Hzz : 0 < z * z) by nra.
      apply (Rmult_le_reg_l (IZR (value K q) * (z * z))); [apply Rmult_lt_0_compat; assumption|].
      replace (IZR (value K q) * (z * z) * (A / (z * z))) with (IZR (value K q) * A) by (field; lra).
      replace (IZR (value K q) * (z * z) * (IZR (value K p) / IZR (value K q))) with (IZR (value K p) * (z * z)) by (field; lra).
      exact H8. }
  split; [exact Hmax|]. intros u Hu k Hk. exact (l2_unique _ _ _ _ _ _ Hg Hmax Hu k Hk).
Qed.
